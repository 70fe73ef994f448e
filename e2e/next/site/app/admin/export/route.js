import { secret } from '../../../secret'

export const dynamic = 'force-dynamic'

export function GET() {
  return new Response(secret('export'))
}

export const POST = GET
