import { secret } from '../../../secret'

export default function handler(request, response) {
  response.status(200).json({ words: secret('keys') })
}
