import { secret } from '../../../../secret'

export default function Vault() {
  return <p>{secret('vault')}</p>
}
