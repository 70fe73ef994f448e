// Every spelling of every closed page of a real Next.js, with every header that ever led around a middleware: a stranger
// gets none of them through the gateway. The same requests without the gateway show that they would.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { send } from '../gateway/raw.js'
import { startApp } from './app.js'
import { byNobody, byRoute, startGateway } from './gateway.js'
import { asking, components, others, skipping } from './headers.js'
import { closed, forms, open, spellings } from './spellings.js'
import { each, told } from './wire.js'

const marker = /SECRET-[a-z]+/
const guarded = /SECRET-(guarded|vault)/
const refusals = new Set([302, 308, 400, 401, 403, 404, 405, 426])
const full = process.env.SIGNET_SWEEP === 'full'

/** @param {string} version a folder beside this file
 * @param {{ leaks: string[], forwards: boolean }} flaws requests that come around the middleware of this version; whether
 *   it runs an action wherever it is called
 * @param {(typeof byRoute)[]} places where the rules of Signet stand */
export function sweep(version, { leaks, forwards }, places) {
  describe(`Next.js ${version.slice(1)}`, () => {
    /** @type {Awaited<ReturnType<typeof startApp>>} */ let app
    let rsc // for each of components: the query that this version wants beside it
    before(async () => {
      app = await startApp(version)
      rsc = await Promise.all(components.map(async (headers) => /^location: [^?\r]*(\?_rsc\S*)/im.exec((await send(app.port, 'GET /open', headers)).head)?.[1] ?? ''))
    })
    after(() => app?.stop())

    it('alone shows its pages to whoever spells them right, so that there is something to find', async (t) => {
      const known = ['x-signet-user: 7'] // that the application would believe anybody
      const found = new Map()
      const tries = closed.flatMap((page, p) => [
        ...(full || p % 3 === 0 ? forms(page) : [page]).map((target) => get(page, target, known)),
        ...components.filter((_, i) => full || i % 3 === p % 3).map((headers) => get(page, page + rsc[components.indexOf(headers)], [...headers, ...known])),
      ]).concat(spellings('/admin/7').map((target) => get('/admin/7', target)), answered([...others('/admin/board'), ...skipping]).map((headers) => get('/admin/board', '/admin/board', headers)))
      await each(app.port, tries, ({ body }, { page }) => { if (marker.test(body)) found.set(page, (found.get(page) ?? 0) + 1) })
      const total = [...found.values()].reduce((sum, n) => sum + n, 0)
      t.diagnostic(`${total} of ${tries.length} requests found a closed page`)
      for (const page of closed) assert.ok(found.get(page) >= 1, `${page} was not found`)
      assert.ok(total > 200, `only ${total}`)
    })

    it('alone is led around its middleware', async (t) => {
      const found = new Set()
      const tries = ['/admin/guarded', '/admin/guarded/vault'].flatMap((page) => [
        ...(full ? spellings : forms)(page).map((target) => get(page, target)),
        ...answered([...skipping, ...others(page)]).filter((headers) => !/signet.user/i.test(headers)).map((headers) => get(page, page, headers)),
      ])
      await each(app.port, tries, ({ body }, one) => { if (guarded.test(body)) found.add(told(one)) })
      t.diagnostic(`${found.size} of ${tries.length} requests came around it: ${[...found].join('; ')}`)
      for (const leak of leaks) assert.ok(found.has(leak), leak)
    })

    it(`alone ${forwards ? 'runs' : 'does not run'} an action of a closed page where an open one is asked`, async () => {
      const { body } = await send(app.port, 'POST /open', asking(await app.action('reveal')), '[]')
      assert.equal(marker.test(body), forwards)
    })

    it('relies on its middleware again where Signet closes nothing: no header skips it', async () => {
      const gateway = await startGateway(app.port, byNobody)
      try {
        const tries = ['/admin/guarded', '/admin/guarded/vault'].flatMap((page) => [...skipping, ...others(page)].map((headers) => get(page, page, headers)))
        await each(gateway.port, tries, ({ status, body }, one) => assert.ok(status >= 400 && status < 500 && !marker.test(body), `${status}: ${told(one)}`))
        assert.match((await send(gateway.port, 'GET /admin/7')).body, marker)
      } finally {
        await gateway.stop()
      }
    })

    for (const rules of places) describe(`behind Signet, ${rules.name === 'byRoute' ? 'closed by routes' : 'closed by protect'}`, () => behind(() => app, () => rsc, rules))
  })
}

function behind(app, rsc, rules) {
  const thorough = rules === byRoute // beside it only the place of the rules is another
  /** @type {Awaited<ReturnType<typeof startGateway>>} */ let gateway
  before(async () => { gateway = await startGateway(app().port, rules) })
  after(() => gateway?.stop())

  /** Sends all as a stranger. */
  async function refused(t, tries) {
    const wrong = new Map()
    await each(gateway.port, tries, (answer, one) => {
      const what = fault(answer, one)
      if (what) wrong.set(`${what}: ${one.line}`, [...wrong.get(`${what}: ${one.line}`) ?? [], one.headers.join(' | ')])
    })
    t.diagnostic(`${tries.length} requests`)
    assert.deepEqual([...wrong].map(([line, headers]) => `${line} (${headers.length}, as ${headers[0] || 'it stands'})`), [])
  }

  it('lets strangers see what is open, and who is signed in all of it', async () => {
    const cookie = await gateway.cookie()
    for (const path of open.slice(0, -1)) {
      const { status, body } = await send(gateway.port, `GET ${path}`)
      assert.deepEqual([status, marker.test(body)], [200, false], path)
    }
    for (const page of closed) assert.match((await send(gateway.port, `GET ${page}`, [cookie])).body, marker, page)
    for (const path of ['/ko/admin', '/_next/data/sample/ko/admin.json', `/admin/board${rsc()[0]}`]) {
      assert.match((await send(gateway.port, `GET ${path}`, [cookie, ...path.includes('board') ? components[0] : []])).body, marker, path)
    }
    const { status, head } = await send(gateway.port, 'GET /ko/admin', ['Accept: text/html', 'Sec-Fetch-Mode: navigate'])
    assert.equal(status, 302)
    assert.match(head, new RegExp(`^location: ${gateway.url}/api/auth/signin\\?callbackUrl=`, 'im'))
  })

  it('shows no spelling of a closed page, with whatever headers', (t) => refused(t, closed.flatMap((page, p) => {
    const headers = [...others(page), ...components, ...skipping]
    // Bare at every page; and what Next.js makes of a page meets each header at one of them.
    const turn = (s, h) => (s + h) % closed.length === p
    const meets = (target, s, h) => full || h === 0 || target === page || thorough && (forms(page).includes(target) ? turn(s, h) : turn(s, h) && h % 5 === 0)
    return spellings(page).flatMap((target, s) => headers.filter((_, h) => meets(target, s, h)).map((lines) => get(page, target, lines)))
  })))

  it('shows no closed page as components', (t) => refused(t, closed.flatMap((page) => components.flatMap((headers, i) => (
    [page, `/ko${page}`, `${page}.rsc`].flatMap((target) => [[], skipping[4]].map((more) => get(page, target + rsc()[i], [...headers, ...more])))
  )))))

  it('shows no closed page at the address of an open one', (t) => {
    const tries = open.flatMap((path) => closed.flatMap((page) => [
      ...others(page).map((headers) => get(page, path, headers)),
      ...['__nextLocale=ko', 'nxtPid=private&id=private', 'nxtIid=private', '__nextDataReq=1&__nextInferredLocaleFromDefault=1', `path=${page}&slug=${page}&url=${page}`].map((query) => get(page, `${path}?${query}`)),
    ]))
    // Each of them is rendered, which takes its time.
    return refused(t, tries.filter((_, i) => full || i % closed.length === (thorough ? 0 : 1)))
  })

  it('shows no closed page by another method or another form of target', (t) => {
    const methods = ['HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'PURGE', 'TRACE', 'get', 'CONNECT']
    const starts = [`http://127.0.0.1:${app().port}`, 'http://localhost', gateway.url, 'HTTP:/', 'https:', 'x:', 'http://u:p@localhost', '*', '']
    return refused(t, closed.flatMap((page, p) => [
      ...methods.flatMap((method) => [page, `/ko${page}`, `/_next/data/sample${page}.json`].map((target) => ({ page, line: `${method} ${target}`, headers: [] }))),
      ...starts.map((start) => get(page, start + (start ? page : page.slice(1)))),
      ...['/open', '/about', page].flatMap((path) => others(page).filter((_, h) => full || h % closed.length === p)
        .map((headers) => ({ page, line: `POST ${path}`, headers, body: 'a=1' }))),
    ]))
  })

  it('shows no closed picture by way of the service that makes pictures smaller', (t) => {
    const page = '/admin/plan.gif'
    const urls = [page, encodeURIComponent(page), `/ko/..${page}`, '/%61dmin/plan.gif', `/${page}`, `${page}?x`, `http://127.0.0.1:${app().port}${page}`]
    const queries = urls.flatMap((url) => [`url=${url}&w=64&q=75`, `w=64&q=75&url=/x&url=${url}`, `q=75&w=64&%75rl=${url}`])
    return refused(t, queries.flatMap((query) => ['/_next/image', '/en/_next/image', '/_next//image', '/_next/x/../image'].map((path) => get(page, `${path}?${query}`))))
  })

  it('runs no action of a closed page that asks who is there', async () => {
    const action = await app().action('revealChecked')
    for (const path of [...closed, ...open]) {
      for (const more of [[], ['x-signet-user: 7'], ['x-action-forwarded: 1'], skipping[4]]) {
        const { body } = await send(gateway.port, `POST ${path}`, [...asking(action), ...more], '[]')
        assert.doesNotMatch(body, marker, path)
      }
    }
    const known = await send(gateway.port, 'POST /admin/board', [...asking(action), await gateway.cookie(), `Origin: ${gateway.url}`], '[]')
    assert.match(known.body, /SECRET-checked/)
  })
}

// Next.js by itself lets a request that wants to switch wait for ever.
const answered = (all) => all.filter((headers) => !/upgrade:/i.test(headers))

const get = (page, target, headers = []) => ({ page, line: `GET ${target}`, headers })

// What is wrong with an answer to a stranger; nothing, mostly. Beside refusals there are pages that anybody may see, such
// as /post/private.html, but none below /admin.
function fault({ status, head, body }, { page, headers }) {
  if (marker.test(body)) return 'a closed page'
  if (refusals.has(status)) return ''
  const asksForComponents = headers.some((header) => /^rsc:/i.test(header))
  if (status === 307 && asksForComponents && /^location: [^?\r]*\?\S*_rsc/im.test(head)) return ''
  if (status === 200 && (/OPEN-/.test(body) || /^\/(post|note)\//.test(page))) return ''
  return `status ${status} for ${page}`
}
