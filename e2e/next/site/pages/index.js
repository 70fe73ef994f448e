export default function Home() {
  return <p>OPEN-home</p>
}

export function getServerSideProps() {
  return { props: {} }
}
