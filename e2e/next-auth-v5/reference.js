// The real Auth.js 5 behind node:http, and a page that its getToken protects, as its
// middleware would.
import { Auth } from '@auth/core'
import Credentials from '@auth/core/providers/credentials'
import { getToken } from '@auth/core/jwt'

const basePath = '/api/auth'

/** @param {import('node:http').IncomingMessage} req @param {import('node:http').ServerResponse} res */
export async function serve(req, res, { url, secrets, user }) {
  const target = new URL(req.url, url)
  const request = new Request(target, {
    method: req.method,
    headers: req.headers,
    body: req.method === 'POST' ? Buffer.concat(await req.toArray()) : undefined,
  })
  const response = target.pathname.startsWith(basePath + '/')
    ? await Auth(request, config(secrets, user))
    : await protectedPage(request, target, secrets)
  for (const [name, value] of response.headers) if (name !== 'set-cookie') res.setHeader(name, value)
  res.setHeader('Set-Cookie', response.headers.getSetCookie())
  res.writeHead(response.status)
  res.end(Buffer.from(await response.arrayBuffer()))
}

const config = (secret, user) => ({
  basePath,
  secret,
  trustHost: true,
  providers: [Credentials({
    credentials: { email: {}, password: { type: 'password' } },
    authorize: ({ email, password }) =>
      email === user.email && password === user.password ? { id: '1', name: user.name, email } : null,
  })],
  logger: { error() {}, warn() {}, debug() {} },
})

async function protectedPage(request, target, secret) {
  if (await getToken({ req: request, secret })) {
    return new Response('<h1>Posts</h1>', { headers: { 'Content-Type': 'text/html' } })
  }
  const back = new URLSearchParams({ callbackUrl: target.href })
  return new Response(null, { status: 302, headers: { Location: `${basePath}/signin?${back}` } })
}
