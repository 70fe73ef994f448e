// The page of a front end with the unmodified next-auth/react, in Chromium, through `signet serve`.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { openBrowser, openVisitor, says, shot } from '../browser/chromium.js'
import { fillIn } from '../browser/form.js'
import { people } from './backend.js'
import { openGateway } from './site.js'

const [ada, charles] = people
const expiresIn = 3

/** @param {typeof import('../next-auth-v5/peer.js')} peer @param {('jwt'|'database')[]} strategies */
export function gatewayJourneys(peer, strategies) {
  describe(`${peer.name} page through the gateway`, () => {
    /** @type {import('playwright-core').Browser} */ let browser
    before(async () => { browser = await openBrowser() })
    after(() => browser?.close())
    for (const strategy of strategies) describe(`${strategy} sessions`, () => journeys(peer, strategy, () => browser))
  })
}

function journeys(peer, strategy, browser) {
  /** @type {Awaited<ReturnType<typeof openGateway>>} */ let site
  /** @type {Awaited<ReturnType<typeof openVisitor>>} */ let visitor
  before(async () => { site = await openGateway({ peer, strategy, expiresIn }) })
  after(() => site?.close())
  beforeEach(async () => { visitor = await openVisitor(browser()) })
  afterEach(() => visitor.close())

  async function signedIn(person = ada) {
    const page = await visitor.open(site.url)
    await says(page, '#status', 'unauthenticated')
    await page.fill('[name=email]', person.email)
    await page.fill('[name=password]', person.password)
    await page.click('#sign-in button')
    await says(page, '#status', 'authenticated')
    return page
  }
  /** Calls the API as the page would. */
  const call = (page, path, init) => page.evaluate(async ([path, init]) => {
    const res = await fetch(path, init)
    return { status: res.status, body: await res.json().catch(() => null) }
  }, [path, init])
  /** Opens a WebSocket in the page and keeps what becomes of it in window.live. */
  const live = (page) => page.evaluate(() => new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${location.host}/api/live`)
    window.live = { said: [], closed: null }
    socket.onmessage = ({ data }) => {
      window.live.said.push(data)
      resolve(data)
    }
    socket.onopen = () => socket.send('hello')
    socket.onerror = () => reject(new Error('the socket did not open'))
    socket.onclose = ({ code, reason }) => { window.live.closed = { code, reason } }
  }))

  it('signs in on the page and calls the API, which gets a token that the page never sees', async () => {
    const page = await signedIn()
    assert.deepEqual(await call(page, '/api/me'), { status: 200, body: { id: ada.id, name: ada.name } })
    const words = await call(page, '/api/words', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"words":"hi"}' })
    assert.deepEqual(words, { status: 201, body: { by: ada.name, words: 'hi' } })
    assert.doesNotMatch(await page.evaluate(async () => document.cookie + await (await fetch('/api/auth/session')).text()), /at-|rt-/)
    const { body } = await call(page, '/api/anything')
    assert.equal(body.headers['x-signet-email'], ada.email)
    assert.doesNotMatch(body.headers.cookie ?? '', /session-token/)
    await shot(page, `gateway-v${peer.major}-${strategy}`)
  })

  it('renews the token unseen, once for twenty calls at the same time', async () => {
    const page = await signedIn()
    const first = { ...site.backend.counts }
    assert.equal((await call(page, '/api/me')).status, 200)
    // What is in use is renewed ahead of its end; what nobody has asked for since is not.
    await wait(2 * expiresIn * 1000 + 500)
    const { refreshes } = site.backend.counts
    const begun = Date.now()
    const answers = await page.evaluate(() => Promise.all(Array.from({ length: 20 }, async () => (await fetch('/api/me')).status)))
    assert.deepEqual(answers, Array(20).fill(200))
    // A machine that is slow may see the next renewal, too.
    const most = 1 + Math.floor((Date.now() - begun) / (expiresIn * 700))
    const made = site.backend.counts.refreshes - refreshes
    assert.ok(made >= 1 && made <= most, `${made} renewals, where ${most} would do`)
    // The renewal before this one gave the refresh token for it.
    assert.ok(refreshes > first.refreshes, 'what was in use was not renewed ahead')
    assert.deepEqual([site.backend.counts.reuses, site.backend.counts.logins], [first.reuses, first.logins])
    await page.reload()
    await says(page, '#status', 'authenticated')
  })

  it('closes the WebSocket of one tab when the other signs out', async () => {
    const page = await signedIn()
    assert.equal(await live(page), 'echo hello')
    const other = await visitor.open(site.url)
    await says(other, '#status', 'authenticated')
    await other.click('#sign-out')
    await says(other, '#status', 'unauthenticated')
    await page.waitForFunction(() => window.live.closed, null, { timeout: 5000 })
    assert.deepEqual(await page.evaluate(() => window.live.closed), { code: 4401, reason: 'signed out' })
    await says(page, '#status', 'unauthenticated')
    await assert.rejects(live(page), /did not open/)
    assert.equal((await call(page, '/api/me')).status, 401)
  })

  if (strategy === 'jwt') return // what follows does not ask where sessions are

  it('turns a stranger away from the API', async () => {
    const page = await visitor.open(site.url)
    const { status, body } = await call(page, '/api/me')
    assert.equal(status, 401)
    assert.equal(body.error, 'unauthorized')
  })

  it('closes the WebSocket when the command line ends the session', async () => {
    const page = await signedIn(charles)
    assert.equal(await live(page), 'echo hello')
    const { status, stderr } = await site.signet.verb(['session', 'revoke', '--user', charles.id])
    assert.equal(status, 0, stderr)
    await page.waitForFunction(() => window.live.closed, null, { timeout: 10_000 })
    assert.equal(await page.evaluate(() => window.live.closed.code), 4401)
  })

  it('lets events through as they come, until the session ends', async () => {
    const page = await signedIn()
    const times = await page.evaluate(() => new Promise((resolve, reject) => {
      const source = new EventSource('/api/events')
      const got = []
      const begun = performance.now()
      window.source = source
      source.onmessage = ({ data }) => {
        got.push([Number(data), performance.now() - begun])
        if (got.length === 6) resolve(got)
      }
      source.onerror = () => {
        window.failed = true
        reject(new Error('the stream ended'))
      }
    }))
    assert.deepEqual(times.map(([n]) => n), [0, 1, 2, 3, 4, 5])
    // Six events 50 ms apart: held back they would arrive together.
    assert.ok(times[5][1] - times[0][1] > 100, `arrived at ${times.map(([, at]) => Math.round(at))} ms`)
    const other = await visitor.open(site.url)
    await says(other, '#status', 'authenticated')
    await other.click('#sign-out')
    await page.waitForFunction(() => window.source.readyState === EventSource.CLOSED, null, { timeout: 10_000 })
  })

  it('keeps /api/auth for itself, and leaves the rest of /api to the back end', async () => {
    const page = await signedIn()
    const { body } = await call(page, '/api/auth/session')
    assert.equal(body.user.email, ada.email)
    for (const path of ['/api/authors', '/api/auth-log', '/api']) assert.equal((await call(page, path)).body.from, 'the back end', path)
    await call(page, '/api/auth/nothing')
    assert.deepEqual(site.asked.filter((path) => /^\/api\/auth(\/|$)/.test(path)), [])
  })

  it('brings a stranger over the sign-in page to the very address', async () => {
    const page = await visitor.open(`${site.url}/members?tab=2&q=%EA%B0%80`)
    assert.match(page.url(), /\/api\/auth\/signin\?/)
    await fillIn(page, charles)
    await page.waitForURL(`${site.url}/members?tab=2&q=%EA%B0%80`)
    await says(page, '#status', 'authenticated')
    await page.click('#leave')
    await page.waitForURL(/\?left$/)
    await page.goto(`${site.url}/members`)
    assert.match(page.url(), /\/api\/auth\/signin\?/)
  })

  it('refuses what a page of another site sends', async () => {
    const page = await signedIn()
    // localhost and 127.0.0.1 are different sites; cookies with SameSite=Lax stay at home by
    // themselves, so they are put on by hand, as an old browser would.
    const cookie = (await visitor.context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
    const before = site.asked.length
    for (const headers of [{ Origin: 'https://evil.example' }, { Origin: 'null' }, { 'Sec-Fetch-Site': 'cross-site' }, {}]) {
      const res = await page.request.post(`${site.url}/api/words`, { headers: { Cookie: cookie, 'Content-Type': 'text/plain', ...headers }, data: '{}' })
      assert.equal(res.status(), 403, JSON.stringify(headers))
      assert.deepEqual(await res.json(), { error: 'cross-site' })
    }
    assert.equal(site.asked.length, before)
    const res = await page.request.post(`${site.url}/api/words`, { headers: { Cookie: cookie, 'X-CSRF': '1' }, data: { words: 'by program' } })
    assert.equal(res.status(), 201)
  })

  it('takes new rules over while it serves', async () => {
    const page = await signedIn(charles)
    assert.equal(await live(page), 'echo hello')
    const statuses = []
    let done = false
    const calls = (async () => {
      while (!done) statuses.push((await call(page, '/api/me')).status)
    })()
    await site.membersNeed('group:admin')
    const denied = async () => (await page.request.get(`${site.url}/members`)).status()
    for (let tries = 0; await denied() !== 403; tries++) {
      assert.ok(tries < 100, 'the rule was not taken over')
      await wait(100)
    }
    done = true
    await calls
    assert.deepEqual(new Set(statuses), new Set([200]), 'a request failed meanwhile')
    assert.equal(await page.evaluate(() => window.live.closed), null, 'the socket did not survive')
    await site.membersNeed()
    for (let tries = 0; await denied() !== 200; tries++) {
      assert.ok(tries < 100, 'the rule was not taken back')
      await wait(100)
    }
  })
}
