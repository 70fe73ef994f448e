// Tutorials 1 and 2 from end to end, with their own back ends, as their readers would use them.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { openBrowser, openVisitor, says } from '../browser/chromium.js'
import { fillIn } from '../browser/form.js'
import { bundlePage } from '../harness/bundle.js'
import { Jar } from '../harness/jar.js'
import { openOrigin } from '../harness/origin.js'
import { user as member } from '../harness/site.js'
import * as v4 from '../next-auth-v4/peer.js'
import { freePort, startServer } from './server.js'
import { openTutorial1, openTutorial2 } from './tutorials.js'

const secret = randomBytes(32).toString('base64')
const json = { 'Content-Type': 'application/json' }
const post = (jar, path, body) => jar.fetch(path, { method: 'POST', headers: body === undefined ? {} : json, body: body && JSON.stringify(body) })

/** @type {import('playwright-core').Browser} */ let browser
before(async () => { browser = await openBrowser() })
after(() => browser?.close())

/** A visitor and a front end, beside whatever the test needs. */
function withVisitor(open) {
  const at = {}
  before(async () => {
    at.front = await openOrigin(await bundlePage(v4.folder))
    at.port = await freePort()
    at.url = `http://localhost:${at.port}`
    Object.assign(at, await open(at))
  })
  after(async () => {
    await at.signet?.stop()
    await at.app?.close()
    await at.front?.close()
  })
  beforeEach(async () => { at.visitor = await openVisitor(browser) })
  afterEach(() => at.visitor.close())
  return at
}

describe('tutorial 1: NextAuth with access tokens', () => {
  const at = withVisitor(async ({ url, port, front }) => {
    const app = await openTutorial1(secret)
    const signet = await startServer(`url: ${url}
listen: 127.0.0.1:${port}
session:
  format: authjs-v4
  expose: {user.id: sub, user.accessToken: credentials.access_token}
providers:
  - {type: backend, id: credentials, url: ${app.url}/api/login, send: {username: email, password: password}, login_path: /api/login}
gateway:
  routes:
    - {match: "/api/:path*", upstream: ${app.url}}
    - {match: "/userposts/:path*", upstream: ${app.url}, require: session}
    - {match: "/:path*", upstream: "http://127.0.0.1:${new URL(front.url).port}"}
`)
    return { app, signet }
  })
  async function signedIn() {
    const page = await at.visitor.open(at.url)
    await page.fill('[name=email]', at.app.user.email)
    await page.fill('[name=password]', at.app.user.password)
    await page.click('#sign-in button')
    await says(page, '#status', 'authenticated')
    return page
  }

  it('POST /api/login answers the user without the password, with an accessToken', async () => {
    const jar = new Jar(at.url)
    const { user } = at.app
    const res = await post(jar, '/api/login', { email: user.email, password: user.password })
    assert.equal(res.status, 200)
    const answer = await res.json()
    assert.equal(answer.email, user.email)
    assert.equal(answer.name, user.name)
    assert.equal('password' in answer, false)
    assert.equal(at.app.verifyJwt(answer.accessToken).id, user.id)
    assert.equal((await jar.json('/api/auth/session')).user.accessToken, answer.accessToken)
    const no = await post(new Jar(at.url), '/api/login', { email: user.email, password: 'wrong' })
    assert.equal(no.status, 401)
    assert.equal(await no.json(), null)
  })

  it('signIn puts the accessToken into the session, and GET /api/user/{id} takes it', async () => {
    const page = await signedIn()
    const session = JSON.parse(await page.locator('#session').textContent())
    assert.equal(session.user.id, '2')
    assert.equal(at.app.verifyJwt(session.user.accessToken).email, at.app.user.email)
    const ask = (authorization) => page.evaluate(async (authorization) => {
      const res = await fetch('/api/user/2', { headers: authorization ? { authorization } : {} })
      return { status: res.status, body: await res.json() }
    }, authorization)
    assert.deepEqual(await ask(session.user.accessToken), { status: 200, body: at.app.posts })
    const no = { status: 401, body: { error: 'No Authorization' } }
    assert.deepEqual(await ask(''), no)
    assert.deepEqual(await ask(session.user.accessToken.slice(0, -4) + 'AAAA'), no)
  })

  it('keeps /userposts closed until somebody has signed in', async () => {
    const page = await at.visitor.open(`${at.url}/userposts`)
    assert.match(page.url(), /\/api\/auth\/signin\?/)
    await fillIn(page, at.app.user)
    await page.waitForURL(`${at.url}/userposts`)
    await page.goto(at.url)
    await says(page, '#status', 'authenticated')
    await page.click('#sign-out')
    await says(page, '#status', 'unauthenticated')
    await page.goto(`${at.url}/userposts`)
    assert.match(page.url(), /\/api\/auth\/signin\?/)
  })
})

describe('tutorial 1 with users and tokens of Signet', () => {
  const at = {}
  before(async () => {
    at.app = await openTutorial1(secret)
    const port = await freePort()
    at.url = `http://localhost:${port}`
    at.signet = await startServer(`url: ${at.url}
listen: 127.0.0.1:${port}
providers: [{type: credentials, login_path: /api/login}]
access_tokens: {audiences: [posts], algorithm: HS256, key: {file: access.key}, life: 1h, claims: [name, email]}
gateway: {routes: [{match: "/api/:path*", upstream: ${at.app.url}}]}
`, { files: { 'access.key': secret }, users: [member] })
  })
  after(async () => {
    await at.signet?.stop()
    await at.app?.close()
  })

  it('verifyJwt of the tutorial takes what POST /api/login gives', async () => {
    const jar = new Jar(at.url)
    const answer = await (await post(jar, '/api/login', { email: member.email, password: member.password })).json()
    const claims = at.app.verifyJwt(answer.accessToken)
    assert.equal(claims.email, member.email)
    assert.equal(claims.exp - claims.iat, 3600)
    assert.equal(claims.sub, answer.id)
    const take = (authorization) => fetch(`${at.url}/api/user/2`, { headers: { authorization } })
    assert.equal((await take(answer.accessToken)).status, 200)
    const no = await take('nonsense')
    assert.equal(no.status, 401)
    assert.deepEqual(await no.json(), { error: 'No Authorization' })
  })
})

describe('tutorial 2: a JWT from NestJS, kept in a cookie', () => {
  const expiresIn = 3
  const at = withVisitor(async ({ url, port, front }) => {
    const app = await openTutorial2(secret, expiresIn)
    const signet = await startServer(`url: ${url}
listen: 127.0.0.1:${port}
session: {max_age: 24h, cookie: {same_site: strict}}
providers:
  - type: backend
    url: ${app.url}/auth/login
    refresh_url: ${app.url}/auth/refresh
    login_path: /api/login
    login_status: 201
    logout_path: /api/logout
    browser_cookie: {name: accessToken}
gateway:
  routes:
    - {match: "/backend/:path*", upstream: ${app.url}, strip_prefix: /backend, require: session, api: true, token: {as: "cookie:accessToken"}}
    - {match: "/:path*", upstream: "http://127.0.0.1:${new URL(front.url).port}"}
`)
    return { app, signet }
  })
  /** What the tutorial's buttons do. */
  const call = (page, path, body) => page.evaluate(async ([path, body]) => {
    const init = body === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
    const res = await fetch(path, init)
    return { status: res.status, body: await res.json().catch(() => null) }
  }, [path, body])
  const cookie = async () => (await at.visitor.context.cookies()).find(({ name }) => name === 'accessToken')
  async function loggedIn() {
    const page = await at.visitor.open(at.url)
    const { email, password } = at.app.user
    const answer = await call(page, '/api/login', { email, password })
    assert.equal(answer.status, 201)
    return { page, answer: answer.body }
  }

  it('POST /api/login answers 201 with the token, and keeps it in a cookie that no script reads', async () => {
    const { page, answer } = await loggedIn()
    const kept = await cookie()
    assert.equal(kept.value, answer.accessToken)
    assert.equal(kept.httpOnly, true)
    assert.equal(kept.sameSite, 'Strict')
    assert.equal(kept.path, '/')
    assert.ok(Math.abs(kept.expires - Date.now() / 1000 - 24 * 60 * 60) < 60, `ends ${new Date(kept.expires * 1000)}`)
    assert.equal(await page.evaluate(() => document.cookie.includes('accessToken')), false)
    const wrong = await call(page, '/api/login', { email: at.app.user.email, password: 'wrong' })
    assert.deepEqual(wrong, { status: 401, body: null })
  })

  it('the back end gets the token as its cookie, and none of ours', async () => {
    const { page, answer } = await loggedIn()
    at.app.cookies.length = 0
    const { status, body } = await call(page, '/backend/profile')
    assert.equal(status, 200)
    assert.deepEqual(body, { path: '/profile', username: at.app.user.name, email: at.app.user.email })
    assert.equal(at.app.cookies.length, 1)
    assert.ok(at.app.cookies[0].endsWith(`accessToken=${answer.accessToken}`), at.app.cookies[0])
    assert.doesNotMatch(at.app.cookies[0], /authjs\./)
  })

  it('what the tutorial wishes for: the token is renewed before it is used', async () => {
    const { page } = await loggedIn()
    const before = (await cookie()).value
    await wait(expiresIn * 1000 + 400)
    const { refreshes } = at.app.counts
    assert.equal((await call(page, '/backend/profile')).status, 200)
    assert.equal(at.app.counts.refreshes, refreshes + 1)
    assert.equal(at.app.counts.reuses, 0)
    assert.notEqual((await cookie()).value, before)
    assert.ok(at.app.cookies.at(-1).endsWith(`accessToken=${(await cookie()).value}`))
  })

  it('POST /api/logout ends it', async () => {
    const { page } = await loggedIn()
    const stolen = (await at.visitor.context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
    const out = await page.evaluate(async () => (await fetch('/api/logout', { method: 'POST' })).status)
    assert.equal(out, 200)
    assert.equal(await cookie(), undefined)
    assert.equal((await call(page, '/backend/profile')).status, 401)
    assert.equal((await fetch(`${at.url}/backend/profile`, { headers: { Cookie: stolen } })).status, 401)
  })
})
