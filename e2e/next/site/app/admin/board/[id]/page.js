import { secret } from '../../../../secret'

export const dynamic = 'force-dynamic'

export default function Entry() {
  return <p>{secret('entry')}</p>
}
