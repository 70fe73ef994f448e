// What the client functions of next-auth/react are told, step by step, without a browser.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Jar, sessionWith } from '../harness/jar.js'
import { formats, onReference, openSite, strategies, user } from '../harness/site.js'
import { openWindow, visit } from './window.js'

const seen = openWindow()

/** @param {typeof import('../next-auth-v5/peer.js')} peer whose client speaks */
export async function wireJourneys(peer) {
  const client = await peer.client()
  for (const strategy of strategies) {
    for (const cookies of formats(peer)) {
      describe(`${peer.name} client, ${strategy} sessions, ${cookies.format} cookies`, () => journeys(peer, client, { strategy, ...cookies }))
    }
  }
}

function journeys(peer, client, kind) {
  /** @type {Awaited<ReturnType<typeof openSite>>} */ let site
  /** @type {Jar} */ let jar
  before(async () => { site = await openSite({ peer, page: false, ...kind }) })
  after(() => site?.close())
  beforeEach(() => {
    jar = new Jar(site.url)
    visit(jar, '/posts?page=2')
    seen.errors.length = seen.broadcasts.length = seen.beacons.length = 0
  })

  const signIn = (password = user.password, more = {}) =>
    client.signIn('credentials', { email: user.email, password, redirect: false, ...more })

  it('answers no session to nobody', async () => {
    assert.equal(await client.getSession(), null)
    assert.deepEqual(seen.broadcasts, ['getSession'])
    assert.deepEqual(jar.sessionNames(), [])
    // A v4 client logs an error where nobody is `null` for the sake of v5 clients.
    if (peer.format === kind.format) assert.deepEqual(seen.errors, [])
  })

  it('keeps the CSRF token while its cookie is there', async () => {
    const first = await client.getCsrfToken()
    assert.match(first, /^[0-9a-f]{64}$/)
    assert.equal(await client.getCsrfToken(), first)
    assert.notEqual(await tokenOfAnother(site), first)
  })

  it('lists the provider with absolute addresses', async () => {
    const { credentials } = await client.getProviders()
    assert.equal(credentials.type, 'credentials')
    assert.equal(credentials.id, 'credentials')
    assert.ok(credentials.name)
    assert.equal(credentials.signinUrl, `${site.base}/signin/credentials`)
    assert.equal(credentials.callbackUrl, `${site.base}/callback/credentials`)
  })

  it('refuses a wrong password in the words of the client', async () => {
    const expected = peer.major === 4
      ? { error: 'CredentialsSignin', status: 401, ok: false, url: null }
      : { error: 'CredentialsSignin', code: 'credentials', status: 200, ok: true, url: null }
    assert.deepEqual(await signIn('not it'), expected)
    assert.deepEqual(jar.sessionNames(), [])
    assert.equal(await client.getSession(), null)
  })

  it('signs in and answers the session', async () => {
    const answer = await signIn()
    assert.equal(answer.error ?? null, null)
    assert.deepEqual([answer.status, answer.ok, answer.url], [200, true, `${site.url}/posts?page=2`])
    const session = await client.getSession()
    assert.equal(session.user.name, user.name)
    assert.equal(session.user.email, user.email)
    assert.match(session.expires, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.ok(Date.parse(session.expires) > Date.now())
    assert.deepEqual(seen.errors, [])
  })

  it('sets a session cookie that scripts cannot read', async () => {
    await signIn()
    const [name] = jar.sessionNames()
    assert.equal(name, kind.format === 'authjs' ? 'authjs.session-token' : 'next-auth.session-token')
    const attributes = jar.get(name).attributes.map((attribute) => attribute.split('=')[0].toLowerCase())
    assert.deepEqual(attributes.sort(), ['expires', 'httponly', 'path', 'samesite'])
    assert.ok(jar.get(name).attributes.includes('SameSite=Lax'))
    assert.ok(jar.get(name).attributes.includes('Path=/'))
  })

  it('goes to the return address after sign-in', async () => {
    await client.signIn('credentials', { email: user.email, password: user.password, callbackUrl: '/posts#new' })
    assert.equal(window.location.href, `${site.url}/posts#new`)
  })

  it('returns to our own origin only', async () => {
    const { url } = await signIn(user.password, { callbackUrl: 'https://evil.example/' })
    assert.equal(new URL(url).origin, site.url)
  })

  it('sends an unknown provider to the sign-in page', async () => {
    await client.signIn('nobody', { callbackUrl: '/posts' })
    assert.equal(window.location.href, '/api/auth/signin?callbackUrl=%2Fposts')
  })

  it('signs out', async () => {
    await signIn()
    const before = jar.header()
    const { url } = await client.signOut({ redirect: false, callbackUrl: '/bye' })
    assert.equal(url, `${site.url}/bye`)
    assert.deepEqual(jar.sessionNames(), [])
    assert.equal(await client.getSession(), null)
    // The difference that Signet is for: with Auth.js the copied cookie lives on.
    const replayed = await sessionWith(site.base, before)
    assert.equal(replayed?.user.email ?? null, onReference ? user.email : null)
  })

  it('signs nobody in without a CSRF token', async () => {
    const style = peer.major === 4 ? [{ json: 'true' }, {}] : [{}, { 'X-Auth-Return-Redirect': '1' }]
    const fields = { email: user.email, password: user.password, ...style[0] }
    const res = await jar.post('/api/auth/callback/credentials', fields, style[1])
    assert.equal(res.status, 200)
    const { url } = await res.json()
    assert.equal(url, `${site.base}/signin?${peer.major === 4 ? 'csrf=true' : 'error=MissingCSRF'}`)
    assert.deepEqual(jar.sessionNames(), [])
  })

  it('keeps the session when a sign-out has no CSRF token', async () => {
    await signIn()
    await jar.post('/api/auth/signout', {})
    assert.equal((await client.getSession()).user.email, user.email)
  })

  it('updates a session, but not without a CSRF token', async () => {
    await signIn()
    const update = (body) => jar.fetch('/api/auth/session', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    })
    const data = { name: 'Countess of Lovelace' }
    assert.equal((await update({ data })).status, 400)
    const res = await update({ csrfToken: await client.getCsrfToken(), data })
    assert.equal(res.status, 200)
    assert.equal((await res.json()).user.email, user.email)
    assert.equal((await client.getSession()).user.email, user.email)
  })

  it('lets nobody store the answers about a session', async () => {
    for (const path of ['/api/auth/session', '/api/auth/csrf']) {
      const { headers } = await jar.fetch(path)
      assert.match(headers.get('Cache-Control'), /no-store/, path)
    }
  })

  it('takes a broken session cookie for nobody, and clears it', async () => {
    const name = kind.format === 'authjs' ? 'authjs.session-token' : 'next-auth.session-token'
    for (const value of ['x', 'eyJhbGciOiJkaXIifQ..a.b.c', `9000.${'A'.repeat(43)}`]) {
      jar.replace({ [name]: value })
      assert.equal(await client.getSession(), null, value)
      assert.deepEqual(jar.sessionNames(), [], value)
    }
  })

  it('answers a plain form post with a redirect', async () => {
    const csrfToken = await client.getCsrfToken()
    const res = await jar.post('/api/auth/callback/credentials',
      { email: user.email, password: user.password, csrfToken, callbackUrl: '/posts' })
    assert.ok([302, 303].includes(res.status), `status ${res.status}`)
    assert.equal(new URL(res.headers.get('Location'), site.url).href, `${site.url}/posts`)
    assert.equal((await client.getSession()).user.email, user.email)
  })

  if (peer.major === 4) {
    it('takes the error reports of the client', async () => {
      const res = await jar.post('/api/auth/_log', { level: 'error', code: 'CLIENT_FETCH_ERROR', message: 'x' })
      assert.equal(res.status, 200)
    })
  }
}

async function tokenOfAnother(site) {
  return (await new Jar(site.url).json('/api/auth/csrf')).csrfToken
}
