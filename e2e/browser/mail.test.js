// Signing in by letter, without JavaScript; the letters are in the outbox of the demo.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { openSite } from '../harness/site.js'
import * as peer from '../next-auth-v5/peer.js'
import { openBrowser, openVisitor, shot } from './chromium.js'

describe('signing in by letter, without JavaScript', () => {
  /** @type {import('playwright-core').Browser} */ let browser
  /** @type {Awaited<ReturnType<typeof openSite>>} */ let site
  /** @type {Awaited<ReturnType<typeof openVisitor>>} */ let visitor
  before(async () => {
    browser = await openBrowser()
    site = await openSite({ peer, page: false, providers: [{ type: 'email', server: 'outbox', sign_up: true }] })
  })
  after(async () => {
    await browser?.close()
    await site?.close()
  })
  beforeEach(async () => { visitor = await openVisitor(browser, { javaScriptEnabled: false }) })
  afterEach(async () => {
    const { complaints } = visitor
    await visitor.close()
    assert.deepEqual(complaints, [], 'the browser complained')
  })

  const posts = () => `${site.url}/userposts?page=2`
  const who = async (page) => {
    const answer = await page.request.get(`${site.base}/session`)
    return (await answer.json())?.user?.email ?? null
  }
  /** Asks for a letter, and stays on the page that says so. */
  async function asked(email) {
    const page = await visitor.open(posts())
    const form = page.locator('form[action$="/signin/email"]')
    await form.locator('[name=email]').fill(email)
    await form.locator('[type=submit]').click()
    await page.waitForURL(/\/api\/auth\/verify-request/)
    return page
  }
  /** The newest letter: its link and its code. */
  async function letterTo(email) {
    const outbox = await visitor.open(`${site.url}/outbox`)
    const letter = outbox.locator('li').filter({ hasText: email }).first()
    const link = await letter.locator('a[href*="/callback/email"]').getAttribute('href')
    const code = await letter.locator('.code').textContent()
    await shot(outbox, 'outbox')
    await outbox.close()
    return { link, code }
  }
  /** Says yes on the page that a link opens. */
  async function goOn(page) {
    await page.locator('main form [type=submit]').click()
    await page.waitForURL(posts())
  }

  it('opens an account by the link, and comes back to the page that asked', async () => {
    const page = await asked('mary@example.com')
    await shot(page, 'letter-asked')
    const { link } = await letterTo('mary@example.com')
    await page.goto(link)
    assert.equal(await who(page), null, 'a program that looks at links signs nobody in')
    await goOn(page)
    assert.equal(await who(page), 'mary@example.com')
  })

  it('takes the code on the page that waits', async () => {
    const page = await asked('katherine@example.com')
    const { code } = await letterTo('katherine@example.com')
    await page.fill('[name=code]', code)
    await page.locator('form', { has: page.locator('[name=code]') }).locator('[type=submit]').first().click()
    await page.waitForURL(posts())
    assert.equal(await who(page), 'katherine@example.com')
  })

  it('lets nobody in who has the letter but did not ask for it, and spoils nothing', async () => {
    const page = await asked('dorothy@example.com')
    const { link } = await letterTo('dorothy@example.com')
    const foreign = await openVisitor(browser, { javaScriptEnabled: false })
    try {
      const elsewhere = await foreign.open(link)
      assert.equal(await who(elsewhere), null)
      await shot(elsewhere, 'letter-elsewhere')
    } finally {
      await foreign.close()
    }
    assert.equal(await who(page), null)
    await page.goto(link)
    await goOn(page)
    assert.equal(await who(page), 'dorothy@example.com')
  })
})
