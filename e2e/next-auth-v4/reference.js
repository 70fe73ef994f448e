// The real next-auth 4 behind node:http, as the Pages API of Next.js would call it,
// and a page that its getToken protects, as its middleware would.
import nextAuth from 'next-auth'
import credentials from 'next-auth/providers/credentials'
import { getToken } from 'next-auth/jwt'

const basePath = '/api/auth'

/** @param {import('node:http').IncomingMessage} req @param {import('node:http').ServerResponse} res */
export async function serve(req, res, { url, secrets: [secret], user }) {
  process.env.AUTH_TRUST_HOST = 'true' // believes the two headers below
  const target = new URL(req.url, url)
  req.headers['x-forwarded-host'] = target.host
  req.headers['x-forwarded-proto'] = 'http'
  req.cookies = cookies(req.headers.cookie)
  if (!target.pathname.startsWith(basePath + '/')) return protectedPage(req, res, target, secret)
  req.query = { ...Object.fromEntries(target.searchParams), nextauth: target.pathname.slice(basePath.length + 1).split('/') }
  req.body = await body(req)
  res.status = (code) => Object.assign(res, { statusCode: code })
  res.json = (value) => { res.setHeader('Content-Type', 'application/json'); res.end(JSON.stringify(value)) }
  res.send = (value) => typeof value === 'string' || value === undefined ? res.end(value) : res.json(value)
  await handler(secret, user)(req, res)
}

// Both are CommonJS modules, whose own default is a member here.
const handler = (secret, user) => nextAuth.default({
  secret,
  providers: [credentials.default({
    credentials: { email: {}, password: { type: 'password' } },
    authorize: ({ email, password }) =>
      email === user.email && password === user.password ? { id: '1', name: user.name, email } : null,
  })],
  logger: { error() {}, warn() {}, debug() {} },
})

async function protectedPage(req, res, target, secret) {
  if (await getToken({ req, secret })) return res.end('<h1>Posts</h1>')
  const back = new URLSearchParams({ callbackUrl: target.pathname + target.search })
  res.writeHead(302, { Location: `${basePath}/signin?${back}` })
  res.end()
}

function cookies(header = '') {
  return Object.fromEntries(header.split('; ').filter(Boolean).map((pair) => {
    const cut = pair.indexOf('=')
    return [pair.slice(0, cut), decodeURIComponent(pair.slice(cut + 1))]
  }))
}

async function body(req) {
  const text = (await req.toArray()).join('')
  const type = req.headers['content-type'] ?? ''
  if (type.includes('json')) return text ? JSON.parse(text) : {}
  return Object.fromEntries(new URLSearchParams(text))
}
