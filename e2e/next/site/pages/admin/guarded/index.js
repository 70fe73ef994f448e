import { secret } from '../../../secret'

export default function Guarded({ words }) {
  return <p>{words}</p>
}

export function getServerSideProps() {
  return { props: { words: secret('guarded') } }
}
