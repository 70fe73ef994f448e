// What an application has that relies on its middleware alone. Who is behind Signet knows people by this header.
import { NextResponse } from 'next/server'

export function middleware(request) {
  if (request.headers.get('x-signet-user')) return NextResponse.next()
  return new NextResponse('nobody is signed in', { status: 403 })
}

export const config = { matcher: ['/admin/guarded/:path*'] }
