import { secret } from '../../secret'

export default function Admin({ words }) {
  return <p>{words}</p>
}

export function getServerSideProps({ locale }) {
  return { props: { words: `${secret('index')} ${locale}` } }
}
