// The tutorials' page, with the unmodified next-auth/react inside, in a real browser.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { sessionWith } from '../harness/jar.js'
import { onReference, openSite, strategies, user } from '../harness/site.js'
import { openBrowser, openVisitor, says, shot } from './chromium.js'
import { fillIn } from './form.js'

/** @param {typeof import('../next-auth-v5/peer.js')} peer */
export function browserJourneys(peer) {
  for (const strategy of strategies) {
    describe(`${peer.name} page, ${strategy} sessions`, () => journeys(peer, strategy))
  }
}

function journeys(peer, strategy) {
  /** @type {import('playwright-core').Browser} */ let browser
  /** @type {Awaited<ReturnType<typeof openSite>>} */ let site
  /** @type {Awaited<ReturnType<typeof openVisitor>>} */ let visitor
  before(async () => {
    browser = await openBrowser()
    site = await openSite({ peer, strategy })
  })
  after(async () => {
    await browser?.close()
    await site?.close()
  })
  beforeEach(async () => { visitor = await openVisitor(browser) })
  afterEach(() => visitor.close())

  const statuses = (page) => page.evaluate(() => window.statuses)
  const session = async (page) => JSON.parse(await page.locator('#session').textContent())
  const picture = (page, name) => shot(page, `next-auth-v${peer.major}-${strategy}-${name}`)
  const cookieHeader = async () => (await visitor.context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  const sessionCookies = async () => (await visitor.context.cookies()).filter(({ name }) => /session-token/.test(name))

  async function signIn(page, password = user.password) {
    await says(page, '#status', 'unauthenticated')
    await page.fill('[name=email]', user.email)
    await page.fill('[name=password]', password)
    await page.click('#sign-in button')
  }
  async function signedIn() {
    const page = await visitor.open(site.url)
    await signIn(page)
    await says(page, '#status', 'authenticated')
    return page
  }

  it('goes from loading over unauthenticated to authenticated', async () => {
    const page = await signedIn()
    assert.deepEqual(await statuses(page), ['loading', 'unauthenticated', 'authenticated'])
    const { user: shown, expires } = await session(page)
    assert.equal(shown.email, user.email)
    assert.equal(shown.name, user.name)
    assert.ok(Date.parse(expires) > Date.now())
    assert.deepEqual(visitor.complaints.filter(notAnEmptyAnswer), [])
    await picture(page, 'signed-in')
  })

  it('shows that a password is wrong', async () => {
    const page = await visitor.open(site.url)
    await signIn(page, 'not it')
    await says(page, '#error', 'CredentialsSignin')
    await says(page, '#status', 'unauthenticated')
    assert.deepEqual(await statuses(page), ['loading', 'unauthenticated'])
    assert.deepEqual(await sessionCookies(), [])
    await picture(page, 'wrong-password')
  })

  it('keeps the session over a reload', async () => {
    const page = await signedIn()
    await page.reload()
    await says(page, '#status', 'authenticated')
    assert.deepEqual(await statuses(page), ['loading', 'authenticated'])
  })

  it('keeps the session from scripts', async () => {
    const page = await signedIn()
    assert.doesNotMatch(await page.evaluate(() => document.cookie), /session-token/)
    for (const cookie of await sessionCookies()) {
      assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, 'Lax', '/'])
    }
  })

  it('stays signed in after update() with data', async () => {
    const page = await signedIn()
    await page.click('#update')
    await page.locator('#answer').filter({ hasText: user.email }).waitFor()
    await says(page, '#status', 'authenticated')
    assert.equal((await session(page)).user.email, user.email)
    await page.reload()
    await says(page, '#status', 'authenticated')
  })

  it('stays signed in after update() without data', async () => {
    const page = await signedIn()
    await page.click('#refresh')
    await page.locator('#answer').filter({ hasText: user.email }).waitFor()
    await says(page, '#status', 'authenticated')
  })

  it('keeps two tabs in step', async () => {
    const [one, two] = [await visitor.open(site.url), await visitor.open(site.url)]
    await says(two, '#status', 'unauthenticated')
    await signIn(one)
    await says(one, '#status', 'authenticated')
    // The client tells other tabs of a sign-in when it next mounts, as after a redirect.
    await one.reload()
    await says(two, '#status', 'authenticated')
    await two.click('#sign-out')
    await says(two, '#status', 'unauthenticated')
    await says(one, '#status', 'unauthenticated')
    for (const page of [one, two]) assert.equal(await session(page), null)
  })

  it('signs out, cookies and copies of them too', async () => {
    const page = await signedIn()
    const copied = await cookieHeader()
    assert.equal((await sessionWith(site.base, copied)).user.email, user.email)
    await page.click('#sign-out')
    await says(page, '#status', 'unauthenticated')
    assert.deepEqual(await sessionCookies(), [])
    // The difference that Signet is for: with Auth.js the copied cookie lives on.
    assert.equal((await sessionWith(site.base, copied))?.user.email ?? null, onReference ? user.email : null)
    await page.reload()
    await says(page, '#status', 'unauthenticated')
  })

  it('leaves for the return address at sign-out', async () => {
    const page = await signedIn()
    await page.click('#leave')
    await page.waitForURL(`${site.url}/?left`)
    await says(page, '#status', 'unauthenticated')
  })

  it('ends one visitor and leaves the other signed in', async () => {
    const other = await openVisitor(browser)
    try {
      const page = await signedIn()
      const elsewhere = await other.open(site.url)
      await signIn(elsewhere)
      await says(elsewhere, '#status', 'authenticated')
      await page.click('#sign-out')
      await says(page, '#status', 'unauthenticated')
      await elsewhere.reload()
      await says(elsewhere, '#status', 'authenticated')
    } finally {
      await other.close()
    }
  })

  it('signs in on the server’s own page and comes back', async () => {
    const page = await visitor.open(site.url)
    await says(page, '#status', 'unauthenticated')
    await page.click('#sign-in-page')
    await page.waitForURL(/\/api\/auth\/signin/)
    await fillIn(page)
    await page.waitForURL(`${site.url}/`)
    await says(page, '#status', 'authenticated')
  })

  it('brings a visitor of a page that requires a session back to it', async () => {
    const page = await visitor.open(`${site.url}/members`)
    await page.waitForURL(/\/api\/auth\/signin\?.*error=SessionRequired/)
    await picture(page, 'session-required')
    await fillIn(page)
    await page.waitForURL(`${site.url}/members`)
    await says(page, '#status', 'authenticated')
  })

  it('brings a visitor of a protected page back to it', async () => {
    const page = await visitor.open(`${site.url}/userposts?page=2`)
    assert.match(page.url(), /\/api\/auth\/signin\?/)
    await fillIn(page)
    await page.waitForURL(`${site.url}/userposts?page=2`)
    await picture(page, 'protected')
  })
}

// A v4 client logs an error when "nobody" is `null`, which v5 clients need (and `{}` when it is not):
// docs/protocol/differences.md.
const notAnEmptyAnswer = (text) => !text.includes('CLIENT_FETCH_ERROR')
