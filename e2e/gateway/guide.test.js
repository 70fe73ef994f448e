// What the guide says of the keys of `gateway`, key by key.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Jar } from '../harness/jar.js'
import { closeServer, listen } from '../harness/origin.js'
import { user as member } from '../harness/site.js'
import { openTutorial2 } from './tutorials.js'
import { send } from './raw.js'
import { freePort, startServer } from './server.js'
import { handshake } from './sockets.js'

const { createRemoteJWKSet, jwtVerify } = createRequire(new URL('../jose/peer.js', import.meta.url))('jose')
const aPerson = ['Accept: text/html', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Site: none']

describe('the keys of gateway', () => {
  let server, app, url, port, cookie, session
  const seen = []
  before(async () => {
    app = createServer((req, res) => {
      seen.push({ method: req.method, url: req.url, headers: req.headers })
      if (req.url.startsWith('/slow')) return
      req.resume()
      res.setHeader('X-User', 'root')
      res.end('the application')
    })
    const upstream = `http://127.0.0.1:${await listen(app)}`
    port = await freePort()
    url = `http://localhost:${port}`
    server = await startServer(settings(url, port, upstream), { users: [{ ...member, name: '김민수' }] })
    const jar = new Jar(url)
    const { csrfToken } = await jar.json('/api/auth/csrf')
    const done = await jar.post('/api/auth/callback/credentials', { csrfToken, email: member.email, password: member.password })
    assert.equal(done.headers.get('location'), url, 'signed in')
    cookie = `Cookie: ${jar.header()}; theme=dark`
    session = await jar.json('/api/auth/session')
  })
  after(async () => {
    await server?.stop()
    if (app) await closeServer(app)
  })
  beforeEach(() => { seen.length = 0 })
  const settings = (url, port, upstream, more = '') => `url: ${url}
listen: 127.0.0.1:${port}
session: {update_age: 0, expose: {user.id: sub}}
providers: [{type: credentials}]
access_tokens: {audiences: [posts]}
gateway:
  headers: {user: X-User, email: X-Mail, name: X-Name}
${more}  routes:
    - {match: /open, upstream: ${upstream}}
    - {match: /still, upstream: ${upstream}, anonymous: true}
    - {match: /closed, upstream: ${upstream}, require: session}
    - {match: /signed, upstream: ${upstream}, require: session, assertion: posts}
    - {match: /slow, upstream: ${upstream}, timeout: 1s}
    - {match: /few, upstream: ${upstream}, per_minute: 3, burst: 2}
    - {match: /small, upstream: ${upstream}, max_body: 10}
    - {match: /read, upstream: ${upstream}, methods: [GET]}
    - {match: "/files/:path*", upstream: ${upstream}/base, strip_prefix: /files, host: files.internal}
    - {match: /shared, upstream: ${upstream}, require: session, origins: ["https://admin.example.com"]}
    - {match: /next, upstream: ${upstream}, next: true}
    - {match: /gone, upstream: "http://127.0.0.1:1"}
`

  it('headers: names the identity headers, and others arrive under no name', async () => {
    await send(port, 'GET /closed', [cookie, 'X-User: intruder', 'x_user: intruder', 'X-Signet-User: intruder'])
    const { headers } = seen[0]
    assert.equal(headers['x-user'], session.user.id)
    assert.equal(headers['x-mail'], member.email)
    assert.equal(headers['x-name'], "UTF-8''%EA%B9%80%EB%AF%BC%EC%88%98")
    assert.equal(headers.cookie, 'theme=dark')
    assert.doesNotMatch(JSON.stringify(headers), /intruder/)
  })

  it('anonymous: asks nobody and renews nothing', async () => {
    const still = await send(port, 'GET /still', [cookie])
    assert.equal(seen[0].headers['x-user'], undefined)
    assert.doesNotMatch(still.head, /set-cookie|no-store/i)
    assert.match((await send(port, 'GET /open', [cookie])).head, /^set-cookie: authjs\.session-token=/im)
  })

  it('assertion: is a JWT for the audience, good for a minute', async () => {
    await send(port, 'GET /signed', [cookie, 'X-Signet-Assertion: intruder'])
    const keys = createRemoteJWKSet(new URL(`${url}/api/auth/jwks`))
    const { payload } = await jwtVerify(seen[0].headers['x-signet-assertion'], keys, { issuer: url, audience: 'posts', typ: 'at+jwt' })
    assert.equal(payload.sub, session.user.id)
    assert.ok(payload.exp - payload.iat <= 60)
  })

  it('timeout, per_minute, max_body and methods: 504, 429, 413 and 405', async () => {
    const slow = await send(port, 'GET /slow')
    assert.deepEqual([slow.status, slow.body], [504, '{"error":"timeout"}'])
    const few = []
    for (let i = 0; i < 3; i++) few.push(await send(port, 'GET /few'))
    assert.deepEqual(few.map(({ status }) => status), [200, 200, 429])
    assert.match(few[2].head, /^retry-after: \d+/im)
    assert.equal((await send(port, 'POST /small', [], '0123456789')).status, 200)
    assert.equal((await send(port, 'POST /small', [], '0123456789+')).status, 413)
    assert.equal((await send(port, 'HEAD /read')).status, 200)
    const no = await send(port, 'POST /read', [], 'x')
    assert.equal(no.status, 405)
    assert.match(no.head, /^allow: GET/im)
    assert.deepEqual([(await send(port, 'GET /gone')).status, (await send(port, 'GET /nowhere')).status], [502, 404])
  })

  it('strip_prefix and host: cut off, told, and put on', async () => {
    await send(port, 'GET /files/a/b?x=1')
    assert.equal(seen[0].url, '/base/a/b?x=1')
    assert.equal(seen[0].headers.host, 'files.internal')
    assert.equal(seen[0].headers['x-forwarded-prefix'], '/files')
    assert.equal(seen[0].headers['x-forwarded-host'], `localhost:${port}`)
  })

  it('origins: another site may call, with preflight and cookies', async () => {
    const origin = 'Origin: https://admin.example.com'
    const asked = await send(port, 'OPTIONS /shared', [origin, 'Access-Control-Request-Method: POST'])
    assert.equal(asked.status, 204)
    assert.match(asked.head, /^access-control-allow-origin: https:\/\/admin\.example\.com/im)
    assert.match(asked.head, /^access-control-allow-credentials: true/im)
    assert.equal((await send(port, 'POST /shared', [origin, cookie], 'x')).status, 200)
    assert.equal((await send(port, 'POST /closed', [origin, cookie], 'x')).status, 403)
  })

  it('next: what only Next.js may set is removed', async () => {
    await send(port, 'GET /next?a=1&nxtPid=7&__nextLocale=ko')
    assert.equal(seen[0].url, '/next?a=1')
  })

  it('websocket: nowhere but where it is switched on', async () => {
    assert.equal(await handshake(port, '/closed', { Cookie: cookie.slice(8), Origin: url }), 400)
    assert.deepEqual(seen, [])
  })

  it('the answer of a server does not say who somebody is', async () => {
    const { head } = await send(port, 'GET /closed', [cookie])
    assert.doesNotMatch(head, /^x-user:/im)
  })

  it('paths that are read differently satisfy every reading, or are refused', async () => {
    for (const path of ['/CLOSED', '/closed;x', '/%63losed']) assert.equal((await send(port, `GET ${path}`)).status >= 400, true, path)
    assert.equal((await send(port, 'GET /open/..%2fclosed')).status, 400)
    assert.deepEqual(seen, [])
  })

  it('a browser that signs in again and again is told why', async () => {
    let turns = ''
    const statuses = []
    for (let i = 0; i < 4; i++) {
      const no = await send(port, 'GET /closed', [...aPerson, ...(turns && [`Cookie: ${turns}`])])
      statuses.push(no.status)
      turns = /^set-cookie: (signet\.turns=[^;]*)/im.exec(no.head)?.[1] ?? ''
    }
    assert.deepEqual(statuses, [302, 302, 302, 403])
  })

  it('strict: refuses what is only suspicious', async () => {
    const upstream = `http://127.0.0.1:${app.address().port}`
    const port = await freePort()
    const url = `http://localhost:${port}`
    const strict = await startServer(settings(url, port, upstream, '  strict: true\n'))
    try {
      assert.equal((await send(port, 'GET /open', [`Host: localhost:${port}`])).status, 200)
      for (const [line, headers] of [['GET /open', ['X_Any: 1']], ['GET /open', ['X.Any: 1']], ['GET /open', ['Host: evil.example']], ['GET /open;x', []], ['PURGE /open', []], ['GET /open.', []]]) {
        const { status } = await send(port, line, headers)
        assert.ok(status >= 400 && status < 500, `${line} ${headers}: ${status}`)
      }
      assert.equal(seen.length, 1)
    } finally {
      await strict.stop()
    }
  })
})

describe('browser_cookie on https', () => {
  it('is Secure, HttpOnly and Strict, and lasts for a day', async () => {
    const app = await openTutorial2('k'.repeat(32), 3600)
    const port = await freePort()
    const server = await startServer(`url: https://app.example.test
listen: 127.0.0.1:${port}
providers: [{type: backend, url: ${app.url}/auth/login, login_path: /api/login, browser_cookie: {name: accessToken}}]
`)
    try {
      const { email, password } = app.user
      const { head } = await send(port, 'POST /api/login', ['Host: app.example.test', 'Content-Type: application/json'], JSON.stringify({ email, password }))
      const line = /^set-cookie: (accessToken=.*)$/im.exec(head)?.[1].trim()
      assert.deepEqual(line.split('; ').slice(1).sort(), ['HttpOnly', 'Max-Age=86400', 'Path=/', 'SameSite=Strict', 'Secure'])
    } finally {
      await server.stop()
      await app.close()
    }
  })
})
