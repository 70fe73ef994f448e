// Signet's own pages as a visitor sees them: without JavaScript, in two languages, on a phone.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import * as peer from '../next-auth-v5/peer.js'
import { openSite, user } from '../harness/site.js'
import { openBrowser, openVisitor, shot } from './chromium.js'
import { fillIn } from './form.js'

for (const strategy of ['jwt', 'database']) {
  describe(`Signet’s pages without JavaScript, ${strategy} sessions`, () => pages(strategy))
}

function pages(strategy) {
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
  const signedIn = async (someone = visitor) => {
    const page = await someone.open(posts())
    await fillIn(page)
    assert.equal(page.url(), posts())
    return page
  }

  it('brings a newcomer over sign-up back to the page they wanted', async () => {
    const page = await visitor.open(posts())
    assert.match(page.url(), /\/api\/auth\/signin\?/)
    await page.locator('a[href*="/api/auth/signup"]').click()
    await shot(page, `sign-up-${strategy}`)
    const email = `grace-${strategy}@example.com`
    await fillIn(page, { name: 'Grace Hopper', email, password: 'nanoseconds of wire' })
    assert.equal(page.url(), posts())
    assert.equal(await who(page), email)
  })

  it('says that a password is wrong, then lets the right one in', async () => {
    const page = await visitor.open(posts())
    await fillIn(page, { ...user, password: 'not it at all' })
    await page.locator('[role=alert]').waitFor()
    await shot(page, `wrong-${strategy}`)
    assert.equal(await who(page), null)
    await fillIn(page)
    assert.equal(page.url(), posts())
    assert.equal(await who(page), user.email)
  })

  it('asks before it signs out, and then keeps the page closed', async () => {
    const page = await signedIn()
    await page.goto(`${site.base}/signout`)
    await shot(page, `sign-out-${strategy}`)
    assert.equal(await who(page), user.email)
    await page.locator('form [type=submit]').click()
    assert.equal(await who(page), null)
    await page.goto(posts())
    assert.match(page.url(), /\/api\/auth\/signin\?/)
  })

  it('ends one other session from the account page', async () => {
    const other = await openVisitor(browser, { javaScriptEnabled: false })
    try {
      const elsewhere = await signedIn(other)
      const page = await signedIn()
      await page.goto(`${site.base}/account`)
      const before = await page.locator('[aria-labelledby=sessions] li').count()
      assert.ok(before >= 2, `${before} sessions are listed`)
      await shot(page, `account-${strategy}`)
      await page.locator('[aria-labelledby=sessions] li form [type=submit]').first().click()
      await page.locator('[aria-labelledby=sessions]').waitFor()
      assert.equal(await page.locator('[aria-labelledby=sessions] li').count(), before - 1)
      await page.goto(`${site.base}/account`)
      const others = page.locator('main > section > form [type=submit]')
      if (await others.count() > 0) await others.click()
      assert.equal(await who(elsewhere), null)
      assert.equal(await who(page), user.email)
    } finally {
      await other.close()
    }
  })

  it('refuses a form from which the CSRF token is gone', async () => {
    const page = await visitor.open(`${site.base}/signin`)
    await page.context().clearCookies()
    await fillIn(page)
    assert.equal(await who(page), null)
    await page.locator('main').waitFor()
  })

  it('shows nothing of the request as markup', async () => {
    const evil = encodeURIComponent('"><script>alert(1)</script><b id=evil>')
    for (const path of [`error?error=${evil}`, `signin?error=${evil}&callbackUrl=${evil}`, `verify-request?provider=${evil}`, `signup?error=${evil}`]) {
      const page = await visitor.context.newPage()
      const response = await page.goto(`${site.base}/${path}`)
      assert.ok(response.status() < 500, `${path}: status ${response.status()}`)
      assert.equal(await page.locator('#evil, script').count(), 0, path)
      await page.close()
    }
    // A status of 4xx is said in the console, and right for an error page.
    visitor.complaints.splice(0, Infinity, ...visitor.complaints.filter((text) => !/status of 4\d\d/.test(text)))
  })
}

describe('Signet’s pages to look at', () => {
  /** @type {import('playwright-core').Browser} */ let browser
  /** @type {Awaited<ReturnType<typeof openSite>>} */ let site
  before(async () => {
    browser = await openBrowser()
    site = await openSite({ peer })
  })
  after(async () => {
    await browser?.close()
    await site?.close()
  })

  const kinds = [
    { name: 'Korean', locale: 'ko-KR', lang: 'ko', words: /로그인/ },
    { name: 'English', locale: 'en-GB', lang: 'en', words: /Sign in/ },
    { name: 'English for a language we do not speak', locale: 'fr-FR', lang: 'en', words: /Sign in/ },
    { name: 'Korean, dark, on a phone', locale: 'ko-KR', lang: 'ko', words: /로그인/, colorScheme: 'dark', viewport: { width: 320, height: 640 } },
    { name: 'English, on a phone', locale: 'en-US', lang: 'en', words: /Sign in/, viewport: { width: 360, height: 740 } },
  ]
  for (const { name, lang, words, ...options } of kinds) {
    it(`speaks ${name}`, async () => {
      const visitor = await openVisitor(browser, options)
      const page = await visitor.open(`${site.base}/signin`)
      assert.equal(await page.locator('html').getAttribute('lang'), lang)
      assert.match(await page.locator('main').textContent(), words)
      for (const path of ['signin', 'signup', 'signout', 'error?error=AccessDenied', 'verify-request']) {
        await page.goto(`${site.base}/${path}`)
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        assert.ok(overflow <= 0, `${path} is ${overflow} px too wide`)
        await shot(page, `${name.replaceAll(/\W+/g, '-').toLowerCase()}-${path.split('?')[0]}`)
      }
      assert.deepEqual(visitor.complaints.filter((text) => !/status of 4\d\d/.test(text)), [])
      await visitor.close()
    })
  }
})
