import { secret } from '../../../secret'

export const dynamic = 'force-dynamic'

export default async function Note({ params }) {
  const { id } = await params
  return <p>{id === 'private' ? secret('note') : 'OPEN-note'}</p>
}
