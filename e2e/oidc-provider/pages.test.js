// Signet's own pages with a provider on them, without JavaScript.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { openBrowser, openVisitor, shot } from '../browser/chromium.js'
import { fillIn } from '../browser/form.js'
import { user } from '../harness/site.js'
import * as peer from '../next-auth-v5/peer.js'
import { logIn, openCorp } from './corp.js'
import { client, openIssuer, person } from './issuer.js'

/** @type {import('playwright-core').Browser} */ let browser
before(async () => { browser = await openBrowser() })
after(() => browser?.close())

for (const strategy of ['jwt', 'database']) {
  describe(`pages with a provider, without JavaScript, ${strategy} sessions`, () => pages(strategy))
}

function pages(strategy) {
  /** @type {Awaited<ReturnType<typeof openCorp>>} */ let site
  /** @type {Awaited<ReturnType<typeof openVisitor>>} */ let visitor
  before(async () => { site = await openCorp({ peer, strategy, page: false }) })
  after(() => site?.close())
  beforeEach(async () => { visitor = await openVisitor(browser, { javaScriptEnabled: false }) })
  afterEach(async () => {
    const { complaints } = visitor
    await visitor.close()
    assert.deepEqual(complaints, [], 'the browser complained')
  })

  const posts = () => `${site.url}/userposts?page=2`
  const button = (page) => page.locator('form[action$="/signin/corp"] [type=submit]')
  const removal = (page) => page.locator('form[action$="/account/unlink"] [type=submit]')
  const atIssuer = (page) => page.waitForURL(`${site.issuer.url}/interaction/*`)
  const who = async (page) => {
    const answer = await page.request.get(`${site.base}/session`)
    return (await answer.json())?.user?.email ?? null
  }
  /** Signs in with a button, of whoever has no session at the issuer. */
  async function signedInAs(login, someone = visitor) {
    const page = await someone.open(posts())
    await button(page).click()
    await atIssuer(page)
    await logIn(page, login)
    return page
  }
  /** Ada signs in with her password and adds the way. */
  async function added(login) {
    const page = await visitor.open(posts())
    await fillIn(page)
    await page.goto(`${site.base}/account`)
    await button(page).click()
    await atIssuer(page)
    await logIn(page, login)
    return page
  }

  it('adds a way to sign in, signs in with it, and removes it', async () => {
    const page = await added('countess')
    assert.equal(new URL(page.url()).pathname, '/api/auth/account')
    assert.equal(await who(page), user.email)
    assert.match(await page.locator('section[aria-labelledby=ways]').textContent(), /Corp.*countess@corp\.example/s)
    await shot(page, `corp-added-${strategy}`)

    const other = await openVisitor(browser, { javaScriptEnabled: false })
    try {
      assert.equal(await who(await signedInAs('countess', other)), user.email)
    } finally {
      await other.close()
    }

    await page.goto(`${site.base}/account`)
    const fold = page.locator('section[aria-labelledby=ways] details summary')
    if (await fold.count() > 0) await fold.click()
    await removal(page).click()
    await page.locator('[role=status]').waitFor()
    assert.equal(await removal(page).count(), 0)
    await page.goto(`${site.base}/account`)
    assert.equal(await button(page).count(), 1, 'it can be added again')

    const later = await openVisitor(browser, { javaScriptEnabled: false })
    try {
      assert.notEqual(await who(await signedInAs('countess', later)), user.email)
    } finally {
      await later.close()
    }
  })

  // The rest asks nothing of the sessions.
  if (strategy === 'jwt') return

  it('brings a visitor of a protected page over the issuer back to it', async () => {
    const page = await visitor.open(posts())
    assert.match(page.url(), /\/api\/auth\/signin\?/)
    await shot(page, `corp-sign-in-${strategy}`)
    await button(page).click()
    await atIssuer(page)
    await logIn(page, 'grace')
    assert.equal(page.url(), posts())
    assert.equal(await who(page), person('grace').email)
  })

  it('lets the form lead to the issuer and to nobody else', async () => {
    const page = await visitor.context.newPage()
    const response = await page.goto(`${site.base}/signin`)
    const policy = await response.headerValue('content-security-policy')
    assert.equal(/form-action ([^;]*)/.exec(policy)[1], `'self' ${site.issuer.url}`)
  })

  it('shows the only way to sign in, and does not take it away', async () => {
    const page = await signedInAs('joan')
    await page.goto(`${site.base}/account`)
    await page.locator('#ways').waitFor()
    assert.match(await page.locator('section[aria-labelledby=ways]').textContent(), /Corp.*joan@corp\.example/s)
    assert.equal(await removal(page).count(), 0)
    await shot(page, `corp-only-way-${strategy}`)
  })

  it('does not add what somebody else signs in with', async () => {
    const other = await openVisitor(browser, { javaScriptEnabled: false })
    try {
      await signedInAs('edith', other)
    } finally {
      await other.close()
    }
    const page = await added('edith')
    assert.match(page.url(), /error=OAuthAccountNotLinked/)
    await page.locator('[role=alert]').waitFor()
    assert.equal(await who(page), user.email)
    await page.goto(`${site.base}/account`)
    assert.equal(await removal(page).count(), 0)
    visitor.complaints.splice(0, Infinity, ...visitor.complaints.filter((text) => !/status of 4\d\d/.test(text)))
  })

  it('does not let the issuer into the account of an address it names', async () => {
    const page = await signedInAs(user.email)
    assert.match(page.url(), /\/api\/auth\/signin\?.*error=OAuthAccountNotLinked/)
    await page.locator('[role=alert]').waitFor()
    assert.equal(await who(page), null)
    await shot(page, `corp-not-linked-${strategy}`)
    visitor.complaints.splice(0, Infinity, ...visitor.complaints.filter((text) => !/status of 4\d\d/.test(text)))
  })
}

describe('the issuer', () => {
  /** @type {import('./issuer.js').Issuer} */ let issuer
  before(async () => { issuer = await openIssuer('http://localhost:3000') })
  after(() => issuer?.close())

  const ask = (query) => fetch(`${issuer.url}/auth?${new URLSearchParams({
    client_id: client.id, response_type: 'code', scope: 'openid', redirect_uri: 'http://localhost:3000/api/auth/callback/corp', ...query,
  })}`, { redirect: 'manual' })
  const pkce = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' }

  it('demands PKCE', async () => {
    const location = (await ask({ nonce: 'n' })).headers.get('location')
    assert.equal(new URL(location).searchParams.get('error'), 'invalid_request')
  })
  it('demands a nonce', async () => assert.equal((await ask(pkce)).status, 400))
  it('asks who comes with both to log in', async () => {
    assert.match((await ask({ ...pkce, nonce: 'n' })).headers.get('location'), /^\/interaction\//)
  })
})
