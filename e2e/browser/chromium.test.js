// The other tests rely on hearing what a browser complains about.
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { openBrowser, openVisitor } from './chromium.js'

/** @type {import('playwright-core').Browser} */ let browser
before(async () => { browser = await openBrowser() })
after(() => browser?.close())

const cases = [
  ['a script that the policy forbids', '<script>1</script>', true],
  ['a style that the policy forbids, without JavaScript', '<style>p { color: red }</style>', false],
  ['an image that the policy forbids, without JavaScript', '<img src="http://other.example/x.png">', false],
]
for (const [name, body, javaScriptEnabled] of cases) {
  it(`hears of ${name}`, async () => {
    const visitor = await openVisitor(browser, { javaScriptEnabled })
    await visitor.context.route('http://site.example/', (route) => route.fulfill({
      contentType: 'text/html', headers: { 'Content-Security-Policy': "default-src 'none'" }, body,
    }))
    await visitor.open('http://site.example/')
    assert.match(visitor.complaints.join('\n'), /Content Security Policy/)
    await visitor.close()
  })
}
