import { secret } from '../../../secret'
import { Reveal } from './reveal'

export const dynamic = 'force-dynamic'

export default function Board() {
  return <><p>{secret('board')}</p><Reveal /></>
}
