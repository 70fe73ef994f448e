// What an application does at the issuer beyond signing in, as the Go program in e2e/relying
// does it: it renews tokens, and ends the issuer's session.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { openBrowser, openVisitor, says, shot } from '../browser/chromium.js'
import * as peer from '../next-auth-v5/peer.js'
import { logIn, openCorp } from './corp.js'

describe('beyond signing in', () => {
  /** @type {import('playwright-core').Browser} */ let browser
  /** @type {Awaited<ReturnType<typeof openCorp>>} */ let site
  /** @type {Awaited<ReturnType<typeof openVisitor>>} */ let visitor
  before(async () => {
    browser = await openBrowser()
    site = await openCorp({ peer, strategy: 'database', library: true })
  })
  after(async () => {
    await browser?.close()
    await site?.close()
  })
  beforeEach(async () => { visitor = await openVisitor(browser) })
  afterEach(() => visitor.close())

  async function signedIn() {
    const page = await visitor.open(site.url)
    await says(page, '#status', 'unauthenticated')
    await page.click('#sign-in-corp')
    await page.waitForURL(`${site.issuer.url}/interaction/*`)
    await logIn(page, 'grace')
    await page.waitForURL(`${site.url}/`)
    await says(page, '#status', 'authenticated')
    return page
  }
  const renew = async (page, query = '') => {
    const answer = await page.request.post(`${site.url}/renew${query}`)
    assert.equal(answer.status(), 200, await answer.text())
    return answer.json()
  }

  it('renews tokens, each refresh token once', async () => {
    const page = await signedIn()
    site.issuer.refreshed.length = 0
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(await renew(page), { ended: false, access: true, refresh: true })
    }
    assert.deepEqual(site.issuer.refreshed.map(({ what }) => what), ['used', 'issued', 'used', 'issued'])
  })

  it('renews tokens after the issuer has thrown its keys away', async () => {
    const page = await signedIn()
    site.issuer.rotate()
    assert.deepEqual(await renew(page), { ended: false, access: true, refresh: true })
  })

  it('learns that a refresh token used twice ends the grant', async () => {
    const page = await signedIn()
    await renew(page)
    site.issuer.refreshed.length = 0
    assert.deepEqual(await renew(page, '?old'), { ended: true })
    assert.deepEqual(site.issuer.refreshed.map(({ what }) => what), ['revoked'])
    assert.deepEqual(await renew(page), { ended: true })
    // The session is Signet's own and goes on.
    await page.reload()
    await says(page, '#status', 'authenticated')
  })

  it('ends the issuer’s session too, and comes back', async () => {
    const page = await signedIn()
    const before = site.issuer.ended()
    await page.goto(`${site.url}/userposts`)
    await page.click('#leave')
    await page.waitForURL(`${site.issuer.url}/session/end?*`)
    const asked = new URL(page.url()).searchParams
    assert.equal(asked.get('client_id'), 'signet')
    assert.match(asked.get('id_token_hint'), /^[\w-]+\.[\w-]+\.[\w-]+$/)
    await shot(page, 'corp-leave')
    await page.click('#log-out')
    await page.waitForURL(`${site.url}/?left*`)
    assert.equal(new URL(page.url()).searchParams.get('state'), 'bye')
    assert.equal(site.issuer.ended(), before + 1)
    await says(page, '#status', 'unauthenticated')
    // Who wants in again has to log in there again.
    await page.click('#sign-in-corp')
    await page.waitForURL(`${site.issuer.url}/interaction/*`)
  })
})
