export default function About({ words }) {
  return <p>{words}</p>
}

export function getServerSideProps({ locale }) {
  return { props: { words: `OPEN-about ${locale}` } }
}
