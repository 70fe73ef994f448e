import { secret } from '../../secret'

export default function Item({ words }) {
  return <p>{words}</p>
}

export function getServerSideProps({ params }) {
  return { props: { words: `${secret('item')} ${params.id}` } }
}
