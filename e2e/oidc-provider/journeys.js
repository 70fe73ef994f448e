// Signing in at a certified issuer, begun by the unmodified next-auth/react.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { openBrowser, openVisitor, says, shot } from '../browser/chromium.js'
import { sessionWith } from '../harness/jar.js'
import { logIn, openCorp } from './corp.js'
import { person } from './issuer.js'

/** @type {import('playwright-core').Browser} */ let browser
before(async () => { browser = await openBrowser() })
after(() => browser?.close())

/** @param {typeof import('../next-auth-v5/peer.js')} peer */
export function issuerJourneys(peer) {
  for (const strategy of ['jwt', 'database']) {
    describe(`${peer.name}, signIn("corp"), ${strategy} sessions`, () => journeys(peer, strategy))
  }
}

const grace = person('grace')
const isCallback = (url) => new URL(url).pathname === '/api/auth/callback/corp'

function journeys(peer, strategy) {
  /** @type {Awaited<ReturnType<typeof openCorp>>} */ let site
  /** @type {Awaited<ReturnType<typeof openVisitor>>} */ let visitor
  before(async () => { site = await openCorp({ peer, strategy }) })
  after(() => site?.close())
  beforeEach(async () => { visitor = await openVisitor(browser) })
  afterEach(() => visitor.close())

  const home = () => `${site.url}/?tab=posts`
  const atIssuer = (page) => page.waitForURL(`${site.issuer.url}/interaction/*`)
  const session = async (page) => JSON.parse(await page.locator('#session').textContent())
  const cookieHeader = async () => (await visitor.context.cookies(site.url)).map(({ name, value }) => `${name}=${value}`).join('; ')
  const sessionCookies = async (someone = visitor) => (await someone.context.cookies()).filter(({ name }) => /session-token/.test(name))

  /** Goes from the page to the issuer's log-in form. */
  async function leave(address = home()) {
    const page = await visitor.open(address)
    await says(page, '#status', 'unauthenticated')
    await page.click('#sign-in-corp')
    await atIssuer(page)
    return page
  }
  async function signedIn(address = home()) {
    const page = await leave(address)
    await logIn(page, 'grace')
    await page.waitForURL(address)
    await says(page, '#status', 'authenticated')
    return page
  }
  /** Logs in at the issuer, but does not go where it sends them. @returns {Promise<string>} that address */
  async function answerOf(page) {
    let to = page.url()
    let response = await page.request.post(to, { form: { login: 'grace' }, maxRedirects: 0 })
    while (!isCallback(to = new URL(response.headers().location, to).href)) {
      response = await page.request.get(to, { maxRedirects: 0 })
    }
    return to
  }

  it('signs in and comes back to the page that asked', async () => {
    const page = await signedIn()
    const { user, expires } = await session(page)
    assert.deepEqual([user.name, user.email], [grace.name, grace.email])
    assert.ok(Date.parse(expires) > Date.now())
    assert.ok((await sessionCookies()).length > 0)
    for (const cookie of await sessionCookies()) {
      assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, 'Lax', '/'])
    }
    await shot(page, `corp-v${peer.major}-${strategy}`)
  })

  it('signs in two tabs at once, each with a state, a nonce and PKCE S256 of its own', async () => {
    const there = [`${site.url}/?tab=1`, `${site.url}/?tab=2`]
    const tabs = [await leave(there[0]), await leave(there[1])]
    const [one, two] = site.issuer.asked.slice(-2)
    for (const asked of [one, two]) {
      assert.equal(asked.code_challenge_method, 'S256')
      assert.match(asked.code_challenge, /^[\w-]{43}$/)
      assert.equal(asked.redirect_uri, `${site.base}/callback/corp`)
      assert.equal(asked.response_type, 'code')
      assert.equal(asked.scope, 'openid profile email')
    }
    for (const name of ['state', 'nonce', 'code_challenge']) {
      assert.ok(one[name].length >= 43, `${name} ${one[name]}`)
      assert.notEqual(one[name], two[name], name)
    }
    for (const i of [1, 0]) {
      await logIn(tabs[i], 'grace')
      await tabs[i].waitForURL(there[i])
      await says(tabs[i], '#status', 'authenticated')
    }
    assert.equal((await session(tabs[0])).user.email, grace.email)
    await tabs[1].reload()
    await says(tabs[1], '#status', 'authenticated')
  })

  it('ends the session at sign-out, and the issuer’s lives on', async () => {
    const page = await signedIn()
    const copied = await cookieHeader()
    assert.equal((await sessionWith(site.base, copied)).user.email, grace.email)
    await page.click('#sign-out')
    await says(page, '#status', 'unauthenticated')
    assert.deepEqual(await sessionCookies(), [])
    assert.equal(await sessionWith(site.base, copied), null)
    await page.click('#sign-in-corp') // nobody types anything
    await page.waitForURL(home())
    await says(page, '#status', 'authenticated')
  })

  // What follows is between the issuer and the server: neither client nor strategy has a part in it.
  if (peer.major === 4 || strategy === 'jwt') return

  it('goes on signed in when the answer comes twice', async () => {
    const page = await leave()
    const asking = (await visitor.context.cookies(site.url)).filter(({ name }) => !/session-token/.test(name))
    const answer = await answerOf(page)
    await page.goto(answer)
    await says(page, '#status', 'authenticated')
    const copied = await cookieHeader()
    // Sent before the first had come back: the browser still has the cookie of the attempt.
    await visitor.context.addCookies(asking)
    await page.goto(answer)
    assert.equal(page.url(), home())
    await says(page, '#status', 'authenticated')
    // And later.
    await page.goto(answer)
    await page.goto(home())
    await says(page, '#status', 'authenticated')
    assert.equal((await sessionWith(site.base, copied)).user.email, grace.email)
  })

  it('refuses an answer to another state', async () => {
    const page = await leave()
    const answer = new URL(await answerOf(page))
    const state = answer.searchParams.get('state')
    answer.searchParams.set('state', (state[0] === 'A' ? 'B' : 'A') + state.slice(1))
    await page.goto(answer.href)
    assert.match(page.url(), /\/api\/auth\/signin\?.*error=OAuthCallback/)
    await page.locator('[role=alert]').waitFor()
    assert.deepEqual(await sessionCookies(), [])
  })

  it('refuses an answer in a browser that did not ask, and takes it where it was asked', async () => {
    const page = await leave()
    const answer = await answerOf(page)
    const foreign = await openVisitor(browser)
    try {
      const stolen = await foreign.open(answer)
      assert.match(stolen.url(), /\/api\/auth\/signin\?.*error=OAuthCallback/)
      assert.deepEqual(await sessionCookies(foreign), [])
    } finally {
      await foreign.close()
    }
    await page.goto(answer)
    assert.equal(page.url(), home())
    await says(page, '#status', 'authenticated')
  })

  it('shows that they said no', async () => {
    const page = await leave()
    await page.click('#refuse')
    await page.waitForURL(/\/api\/auth\/signin\?|\/api\/auth\/error\?/)
    await page.locator('[role=alert]').waitFor()
    assert.deepEqual(await sessionCookies(), [])
    await shot(page, `corp-v${peer.major}-${strategy}-no`)
  })

  it('signs in at once after the issuer has thrown its keys away', async () => {
    await signedIn()
    const before = site.issuer.key()
    await visitor.context.clearCookies()
    assert.notEqual(site.issuer.rotate(), before)
    const page = await signedIn()
    assert.equal((await session(page)).user.email, grace.email)
  })
}
