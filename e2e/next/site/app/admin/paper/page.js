import { secret } from '../../../secret'

// Made once, while building: its component data is a file.
export default function Paper() {
  return <p>{secret('paper')}</p>
}
