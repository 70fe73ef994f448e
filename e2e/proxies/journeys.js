// What has to be true behind every proxy.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { people } from '../gateway/backend.js'
import { handshake } from '../gateway/sockets.js'
import { Jar } from '../harness/jar.js'
import { alike, values } from './echo.js'
import { send } from '../gateway/raw.js'
import { openProxied, signIn } from './site.js'
import { disguises, paths } from './tricks.js'

const [ada, charles] = people
const aPerson = { Accept: 'text/html,*/*;q=0.8', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Dest': 'document' }

/** @param {'nginx'|'caddy'} name */
export function proxyJourneys(name) {
  describe(`behind ${name}, as the guide configures it`, () => journeys(name))
}

function journeys(name) {
  /** @type {Awaited<ReturnType<typeof openProxied>>} */ let site
  /** @type {Awaited<ReturnType<typeof signIn>>} */ let admin
  /** @type {Awaited<ReturnType<typeof signIn>>} */ let staff
  before(async () => {
    site = await openProxied(name)
    admin = await signIn(site.url, ada)
    staff = await signIn(site.url, charles)
  })
  after(() => site?.close())
  beforeEach(() => { site.echo.taken() })

  /** Sends one request and answers what the application got of it. */
  async function through(jar, path, init) {
    const res = await (init?.headers === aPerson ? asPerson(jar, path) : jar.fetch(path, init))
    const [got, ...more] = site.echo.taken()
    assert.deepEqual(more, [], 'one request became several')
    return { res, got }
  }
  const nobody = () => new Jar(site.url)
  /** What fetch cannot: be a browser on its way to a page. */
  async function asPerson(jar, path) {
    const { pathname, search } = new URL(path, site.url)
    const lines = Object.entries({ ...aPerson, ...(jar.names().length > 0 && { Cookie: jar.header() }) }).map((line) => line.join(': '))
    const { status, head, body } = await send(site.port, `GET ${pathname}${search}`, lines)
    const headers = head.split('\r\n').slice(1).map((line) => line.split(/: (.*)/s).slice(0, 2))
    return new Response(body, { status, headers })
  }

  it('sends a person to sign in, and back to the very address', async () => {
    const deep = `${site.url}/posts/7?page=2&q=%EA%B0%80+b`
    const { res, got } = await through(nobody(), deep, { headers: aPerson })
    assert.equal(res.status, 302)
    assert.equal(got, undefined)
    const to = new URL(res.headers.get('location'))
    assert.equal(to.origin + to.pathname, `${site.url}/api/auth/signin`)
    const back = to.searchParams.get('callbackUrl')
    assert.equal(back, deep)
    assert.equal((await fetch(to)).status, 200, 'the sign-in page is open')
    const jar = await signIn(site.url, charles, back)
    assert.equal(jar.location, deep)
    assert.equal((await through(jar, jar.location, { headers: aPerson })).got.url, '/posts/7?page=2&q=%EA%B0%80+b')
  })

  it('answers a script with 401 and JSON', async () => {
    for (const [path, headers] of [['/posts/7', { Accept: 'application/json' }], ['/posts/7', { ...aPerson }], ['/api/me', aPerson]]) {
      const { res, got } = await through(nobody(), path, { headers })
      assert.equal(res.status, 401, path)
      assert.match(res.headers.get('content-type'), /^application\/json/)
      assert.deepEqual(await res.json(), { error: 'unauthorized', login_url: `${site.url}/api/auth/signin` })
      assert.equal(res.headers.get('location'), null)
      assert.equal(got, undefined)
    }
  })

  it('tells the application who is there, and lets it answer', async () => {
    const { user } = await admin.json('/api/auth/session')
    const { res, got } = await through(admin, '/posts?page=2')
    assert.equal(res.status, 200)
    assert.equal(await res.text(), 'the application')
    assert.equal(got.url, '/posts?page=2')
    const said = Object.fromEntries(alike(got, 'xsignet').map(([n, v]) => [n.toLowerCase(), v]))
    assert.deepEqual(said, { 'x-signet-user': user.id, 'x-signet-email': ada.email, 'x-signet-groups': 'admin,staff' })
  })

  it('tells the application of nobody on an open page', async () => {
    const { res, got } = await through(nobody(), '/public/about')
    assert.equal(res.status, 200)
    assert.deepEqual(alike(got, 'xsignet'), [])
    assert.deepEqual(values(got, 'Authorization'), [])
    assert.deepEqual(values(got, 'Cookie'), [])
  })

  it('lets only a group in', async () => {
    assert.equal((await through(admin, '/admin/users')).res.status, 200)
    for (const headers of [aPerson, {}]) {
      const { res, got } = await through(staff, '/admin/users', { headers })
      assert.equal(res.status, 403)
      assert.equal(got, undefined)
    }
  })

  it('keeps the session cookie from the application, and nothing else', async () => {
    const { got } = await through(staff, '/posts', { headers: { Cookie: 'colour=blue' } })
    const sent = values(got, 'Cookie').join('; ')
    assert.doesNotMatch(sent, /session-token/)
    for (const order of [['a=1', null, 'b=2'], [null, 'a=1', 'b=2'], ['a=1', 'b=2', null], [null]]) {
      const pairs = order.map((pair) => pair ?? `authjs.session-token=${staff.sessionToken()}`)
      await send(site.port, 'GET /posts', [`Cookie: ${pairs.join('; ')}`])
      const [got] = site.echo.taken()
      const kept = order.filter((pair) => pair !== null)
      assert.deepEqual(values(got, 'Cookie'), kept.length > 0 ? [kept.join('; ')] : [], pairs.join('; '))
    }
  })

  it('brings the renewed session to the browser', async () => {
    const jar = await signIn(site.url, charles)
    const { res } = await through(jar, '/posts')
    const lines = res.headers.getSetCookie()
    assert.ok(lines.some((line) => /^authjs\.session-token=[^;]+; .*HttpOnly/.test(line)), `no session in ${JSON.stringify(lines)}`)
    assert.ok(lines.some((line) => line.startsWith('theme=dark')), 'the cookie of the application is gone')
    assert.equal((await through(jar, '/posts')).res.status, 200)
  })

  it('relays the token of the back end where a route says so', async () => {
    const { got } = await through(staff, '/api/posts', { headers: { Authorization: 'Bearer my own' } })
    const [authorization, ...more] = values(got, 'Authorization')
    assert.deepEqual(more, [])
    assert.match(authorization, /^Bearer at-[0-9a-f]{24}$/)
    const me = await fetch(`${site.backend.url}/api/me`, { headers: { Authorization: authorization } })
    assert.deepEqual(await me.json(), { id: charles.id, name: charles.name })
    const elsewhere = await through(staff, '/posts', { headers: { Authorization: 'Bearer my own' } })
    assert.deepEqual(values(elsewhere.got, 'Authorization'), [])
  })

  it('passes a body on, and refuses one from a page of another site', async () => {
    const init = { method: 'POST', body: 'words '.repeat(20_000), headers: { 'Content-Type': 'text/plain', Origin: site.url } }
    const { res, got } = await through(staff, '/posts', init)
    assert.equal(res.status, 200)
    assert.equal(got.method, 'POST')
    assert.equal(got.body, init.body)
    for (const headers of [{ Origin: 'https://evil.example' }, { Origin: 'null' }, { 'Sec-Fetch-Site': 'cross-site' }, {}]) {
      const { res, got } = await through(staff, '/posts', { ...init, headers: { 'Content-Type': 'text/plain', ...headers } })
      assert.equal(res.status, 403, JSON.stringify(headers))
      assert.equal(got, undefined)
    }
  })

  it('opens a WebSocket for who is signed in, from a page of ours', async () => {
    const Cookie = staff.header()
    assert.equal(await handshake(site.port, '/live', { Cookie, Origin: site.url }), 101)
    assert.equal(site.echo.taken().length, 1)
    assert.equal(await handshake(site.port, '/live', { Cookie, Origin: 'https://evil.example' }), 403)
    assert.equal(await handshake(site.port, '/live', { Origin: site.url }), 401)
    assert.deepEqual(site.echo.taken(), [])
  })

  it('passes no disguised identity on', async () => {
    const { user } = await staff.json('/api/auth/session')
    assert.ok(disguises.length >= 40, `${disguises.length} spellings`)
    const seen = { open: 0, closed: 0 }
    for (const lines of disguises) {
      await send(site.port, 'GET /public/about', lines)
      for (const got of site.echo.taken()) {
        seen.open++
        assert.deepEqual(alike(got, 'xsignet'), [], JSON.stringify(lines))
        // The value of another header is no disguise.
        const rest = got.headers.filter(([name]) => name !== 'X-Ignored')
        assert.doesNotMatch(JSON.stringify(rest), /intruder/, JSON.stringify(lines))
      }
      await send(site.port, 'GET /posts', [...lines, `Cookie: ${staff.header()}`])
      for (const got of site.echo.taken()) {
        seen.closed++
        const said = alike(got, 'xsignet').map(([n, v]) => [n.toLowerCase(), v]).sort()
        assert.deepEqual(said, [['x-signet-email', charles.email], ['x-signet-groups', 'staff'], ['x-signet-user', user.id]], JSON.stringify(lines))
      }
      await send(site.port, 'GET /admin/users', [...lines, `Cookie: ${staff.header()}`])
      assert.deepEqual(site.echo.taken(), [], JSON.stringify(lines))
    }
    // Some are no header at all, and refused; most have to arrive, or this shows nothing.
    assert.ok(seen.open > 30 && seen.closed > 30, JSON.stringify(seen))
  })

  it('believes no address and no target that a client claims', async () => {
    const claims = [
      'X-Forwarded-For: 192.0.2.66', 'X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: https', 'X-Forwarded-Uri: /public/about',
      'X-Forwarded-Method: GET', 'X-Original-URL: /public/about', 'X-Original-Method: GET', 'X-Original-URI: /public/about', 'X-Rewrite-URL: /public/about',
    ]
    for (const path of ['/admin/users', '/posts', '/']) {
      const { status } = await send(site.port, `GET ${path}`, claims)
      assert.equal(status, 401, path)
      for (const claim of claims) assert.equal((await send(site.port, `GET ${path}`, [claim])).status, 401, `${path} ${claim}`)
    }
    assert.deepEqual(site.echo.taken(), [])
    await send(site.port, 'GET /public/about', claims)
    const [got] = site.echo.taken()
    assert.deepEqual(values(got, 'X-Forwarded-For'), ['127.0.0.1'])
    assert.deepEqual(values(got, 'X-Forwarded-Host'), [`localhost:${site.port}`])
    assert.deepEqual(values(got, 'X-Forwarded-Proto'), ['http'])
    assert.deepEqual([...values(got, 'X-Original-URL'), ...values(got, 'X-Rewrite-URL')], [])
    const { head } = await send(site.port, 'GET /posts', ['Accept: text/html', ...claims])
    assert.match(head, new RegExp(`^Location: ${site.url}/api/auth/signin`, 'm'))
  })

  it('refuses the name of another host', async () => {
    for (const host of ['evil.example', `localhost:${site.port}.evil.example`, 'localhost:1']) {
      const { status } = await send(site.port, 'GET /public/about', [`Host: ${host}`])
      assert.notEqual(status, 101)
      assert.deepEqual(site.echo.taken(), [], host)
    }
  })

  it('lets no disguised path through', async () => {
    const cookie = `Cookie: ${staff.header()}`
    for (const path of paths) {
      for (const headers of [[], [cookie]]) {
        const { status } = await send(site.port, `GET ${path}`, headers)
        assert.deepEqual(site.echo.taken(), [], `${path} ${headers}`)
        assert.ok(status >= 400 && status < 500, `${path}: ${status}`)
      }
    }
  })

  it('keeps the question to itself', async () => {
    for (const path of ['/api/auth/forward', '/api/auth/forward/nginx', '/api/auth/forward/caddy', '/api/auth/forward/envoy/posts', '/api/auth/%66orward/nginx', '/api/auth/./forward/nginx', ...(name === 'nginx' ? ['/signet-asks'] : [])]) {
      const { status } = await send(site.port, `GET ${path}`, [
        `X-Original-URL: ${site.url}/public/about`, 'X-Original-Method: GET', 'X-Forwarded-Method: GET', 'X-Forwarded-Uri: /public/about',
      ])
      assert.equal(status, 404, path)
    }
  })

  it('sends on what was asked about, byte for byte', async () => {
    for (const path of ['/posts/%7e%61?q=%2f..%2f&&=+%20', '/posts/%EA%B0%80/a+b', '/posts/a%20b', '/posts/x@y:z,(1)!$&\'*=~', '/posts/?', '/posts/a?/admin', '/public/%70ublic']) {
      const { status } = await send(site.port, `GET ${path}`, [`Cookie: ${staff.header()}`])
      assert.equal(status, 200, path)
      assert.deepEqual(site.echo.taken().map(({ url }) => url), [path])
    }
  })

  it('signs out, and a copy of the cookie is dead', async () => {
    const jar = await signIn(site.url, charles)
    assert.equal((await through(jar, '/posts')).res.status, 200)
    const copy = jar.header()
    const { csrfToken } = await jar.json('/api/auth/csrf')
    await jar.post('/api/auth/signout', { csrfToken })
    assert.deepEqual(jar.sessionNames(), [])
    assert.equal((await through(jar, '/posts')).res.status, 401)
    assert.equal((await send(site.port, 'GET /posts', [`Cookie: ${copy}`])).status, 401)
    assert.deepEqual(site.echo.taken(), [])
  })

  it('is no open door when Signet is down', async () => {
    await site.stopSignet()
    for (const path of ['/public/about', '/posts', '/admin/users', '/api/auth/session']) {
      for (const headers of [[], [`Cookie: ${admin.header()}`], ['Accept: text/html']]) {
        const { status } = await send(site.port, `GET ${path}`, headers)
        assert.ok(status >= 500, `${path}: ${status}`)
      }
    }
    assert.deepEqual(site.echo.taken(), [])
  })
}
