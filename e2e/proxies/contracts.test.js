// What Traefik and Envoy send, sent by hand: neither is at hand here. nginx and Caddy ask the
// same questions, so that the table says what is alike and what is not.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { people } from '../gateway/backend.js'
import { send } from '../gateway/raw.js'
import { openAsked } from './site.js'
import { paths } from './tricks.js'

const [ada, charles] = people

/** How each proxy asks about a request: its own line and headers, beside those of the client. */
const contracts = {
  traefik: ({ method, path, host, proto }) => ({
    line: 'GET /api/auth/forward/traefik',
    headers: [
      'Host: 127.0.0.1:3000', `X-Forwarded-Method: ${method}`, `X-Forwarded-Proto: ${proto}`, `X-Forwarded-Host: ${host}`,
      `X-Forwarded-Uri: ${path}`, 'X-Forwarded-For: 192.0.2.7', 'X-Forwarded-Port: 80', 'X-Forwarded-Server: edge', 'X-Real-Ip: 192.0.2.7',
    ],
  }),
  caddy: ({ method, path, host, proto }) => ({
    line: 'GET /api/auth/forward/caddy',
    headers: [
      `Host: ${host}`, `X-Forwarded-Method: ${method}`, `X-Forwarded-Proto: ${proto}`, `X-Forwarded-Host: ${host}`,
      `X-Forwarded-Uri: ${path}`, 'X-Forwarded-For: 192.0.2.7',
    ],
  }),
  nginx: ({ method, path, host, proto }) => ({
    line: 'GET /api/auth/forward/nginx',
    headers: ['Host: 127.0.0.1:3000', `X-Original-Method: ${method}`, `X-Original-URL: ${proto}://${host}${path}`, 'X-Forwarded-For: 192.0.2.7'],
  }),
  envoy: ({ method, path, host, proto }) => ({
    line: `${method} /api/auth/forward/envoy${path}`,
    headers: [`Host: ${host}`, `X-Forwarded-Proto: ${proto}`, 'X-Forwarded-For: 192.0.2.7', 'Content-Length: 0'],
  }),
}
const redirects = (kind) => kind !== 'nginx' // which takes 401 and 403 alone
const aPerson = ['Accept: text/html', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Site: none']

describe('the question of each proxy', () => {
  /** @type {Awaited<ReturnType<typeof openAsked>>} */ let site
  /** @type {Awaited<ReturnType<typeof openAsked>>} */ let wary
  let admin, staff
  before(async () => {
    site = await openAsked()
    wary = await openAsked({ 'trusted_proxies: [127.0.0.1]': 'trusted_proxies: [192.0.2.1]' })
    admin = await cookieOf(ada)
    staff = await cookieOf(charles)
  })
  after(async () => {
    await site?.close()
    await wary?.close()
  })

  /** Signs in at Signet itself, under the name that visitors know. */
  async function cookieOf(person) {
    const own = [`Host: ${site.host}`, `Origin: ${site.url}`]
    const first = await send(site.port, 'GET /api/auth/csrf', own)
    const { csrfToken } = JSON.parse(first.body)
    const cookies = ({ head }) => [...head.matchAll(/^set-cookie: ([^;]+)/gim)].map((found) => found[1])
    const form = new URLSearchParams({ csrfToken, email: person.email, password: person.password }).toString()
    const second = await send(site.port, 'POST /api/auth/callback/backend',
      [...own, 'Content-Type: application/x-www-form-urlencoded', `Cookie: ${cookies(first).join('; ')}`], form)
    const session = cookies(second).find((pair) => pair.startsWith('authjs.session-token='))
    assert.ok(session, second.head)
    return `Cookie: ${session}`
  }
  function ask(kind, path, client = [], { method = 'GET', host = site.host, proto = 'http', port = site.port, change = (h) => h } = {}) {
    const { line, headers } = contracts[kind]({ method, path, host, proto })
    return send(port, line, change([...headers, ...client]))
  }
  const header = ({ head }, name) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]

  for (const kind of Object.keys(contracts)) {
    describe(kind, () => {
      it('is told who is there', async () => {
        const yes = await ask(kind, '/posts?page=2', [admin, 'X-Signet-User: intruder', 'X-Signet-Groups: intruder'])
        assert.equal(yes.status, 200)
        assert.equal(header(yes, 'X-Signet-User'), ada.id)
        assert.equal(header(yes, 'X-Signet-Email'), ada.email)
        assert.equal(header(yes, 'X-Signet-Groups'), 'admin,staff')
        assert.match(header(yes, 'Set-Cookie'), /^authjs\.session-token=/)
        assert.equal(header(yes, 'Cache-Control')?.includes('no-store'), true)
        assert.equal(yes.body, '')
      })

      it('is told of nobody on an open page', async () => {
        const yes = await ask(kind, '/public/about', ['X-Signet-User: intruder', 'Authorization: Bearer mine'])
        assert.equal(yes.status, 200)
        assert.doesNotMatch(yes.head, /x-signet|authorization|intruder/i)
      })

      it('gets the token that the route relays', async () => {
        assert.match(header(await ask(kind, '/api/posts', [staff, 'Authorization: Bearer mine']), 'Authorization'), /^Bearer at-[0-9a-f]{24}$/)
        assert.equal(header(await ask(kind, '/posts', [staff]), 'Authorization'), undefined)
      })

      it('sends a person to sign in and a script away', async () => {
        const no = await ask(kind, '/posts?page=2', aPerson)
        assert.equal(no.status, redirects(kind) ? 302 : 401)
        const to = new URL(header(no, 'Location'))
        assert.equal(to.origin + to.pathname, `${site.url}/api/auth/signin`)
        assert.equal(to.searchParams.get('callbackUrl'), `${site.url}/posts?page=2`)
        for (const [path, client] of [['/posts', []], ['/api/posts', aPerson], ['/posts', ['Accept: text/html', 'Sec-Fetch-Mode: cors']]]) {
          const no = await ask(kind, path, client)
          assert.equal(no.status, 401)
          assert.equal(header(no, 'Location'), undefined)
          assert.deepEqual(JSON.parse(no.body), { error: 'unauthorized', login_url: `${site.url}/api/auth/signin` })
        }
      })

      it('hears no for the wrong group, the wrong page and the wrong host', async () => {
        assert.equal((await ask(kind, '/admin', [admin])).status, 200)
        assert.equal((await ask(kind, '/admin', [staff])).status, 403)
        assert.equal((await ask(kind, '/posts', [staff, `Origin: ${site.url}`], { method: 'POST' })).status, 200)
        for (const origin of [['Origin: https://evil.example'], ['Origin: null'], ['Sec-Fetch-Site: cross-site'], []]) {
          assert.equal((await ask(kind, '/posts', [staff, ...origin], { method: 'POST' })).status, 403, origin[0])
        }
        for (const host of ['evil.example', `${site.host}.evil.example`, `evil.example:80`, `${site.host}@evil.example`]) {
          const no = await ask(kind, '/public/about', [], { host })
          assert.ok(no.status >= 400 && no.status < 500, `${host}: ${no.status}`)
        }
      })

      it('hears no for every disguised path', async () => {
        for (const path of paths) {
          const no = await ask(kind, path, [staff])
          assert.ok(no.status >= 400 && no.status < 500, `${path}: ${no.status}`)
        }
      })

      it('is asked for all that it has to say', async () => {
        const told = /^X-(Forwarded-(Method|Proto|Host|Uri)|Original-\w+):/i
        const said = contracts[kind]({ method: 'GET', path: '/public/about', host: site.host, proto: 'http' }).headers.filter((line) => told.test(line))
        for (const line of said) {
          const without = await ask(kind, '/public/about', [], { change: (all) => all.filter((other) => other !== line) })
          assert.equal(without.status, 401, `without ${line}`)
          const twice = await ask(kind, '/public/about', [], { change: (all) => [...all, line] })
          assert.equal(twice.status, 401, `twice ${line}`)
        }
      })

      it('is not believed from an address that nobody listed', async () => {
        const no = await ask(kind, '/public/about', [], { port: wary.port })
        assert.equal(no.status, 401)
        assert.doesNotMatch(no.head, /^location/im)
      })

      it('may open a WebSocket only for a page of ours', async () => {
        // Traefik and Envoy take Connection and Upgrade out, as headers of the connection.
        const key = ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13']
        assert.equal((await ask(kind, '/live', [staff, ...key, `Origin: ${site.url}`])).status, 200)
        assert.equal((await ask(kind, '/live', [staff, ...key, 'Origin: https://evil.example'])).status, 403)
      })

      it('need not ask about the end points of Signet', async () => {
        for (const path of ['/api/auth/signin', '/api/auth/session']) assert.equal((await ask(kind, path)).status, 200)
      })
    })
  }

  it('leads nowhere else with dots behind the prefix of Envoy', async () => {
    for (const path of ['/../../../../admin', '/../session', '/..%2fsession', '/%2e%2e/%2e%2e/session', '//admin', '']) {
      const answer = await ask('envoy', path, [staff])
      assert.equal(answer.body.includes(charles.email), false, `${path} asks the session itself`)
      if (path.includes('admin')) assert.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status}`)
    }
  })
})
