export default function Open() {
  return <p>OPEN-open</p>
}
