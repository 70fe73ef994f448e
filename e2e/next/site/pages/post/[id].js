import { secret } from '../../secret'

export default function Post({ words }) {
  return <p>{words}</p>
}

export function getServerSideProps({ params }) {
  return { props: { words: params.id === 'private' ? secret('post') : 'OPEN-post' } }
}
