import { secret } from '../../secret'

export default function Fixed({ words }) {
  return <p>{words}</p>
}

// Made once, while building: its data is a file.
export function getStaticProps({ locale }) {
  return { props: { words: `${secret('fixed')} ${locale}` } }
}
