// One cookie, two programs: one in JavaScript with iron-session, one in Go with Signet's
// package session. A visitor goes from one to the other and back.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Jar } from '../harness/jar.js'
import * as iron6 from '../iron-session-v6/peer.js'
import * as iron8 from '../iron-session-v8/peer.js'
import * as iron9 from '../iron-session-v9/peer.js'
import { openPipe } from './pipe.js'
import { openSite } from './site.js'

const settings = { cookie: 'carrotsession', password: '당근마켓 세션을 봉인하는 서른두 글자가 넘는 비밀번호 🥕', ttl: 3600, chunks: false }

// What the Go program does not know, and must not lose.
const unknown = {
  theme: { dark: true, sizes: [1e21, 5e-324, 0.1, 9007199254740991], 이름: 'e\u0301 \u2028 👩‍👩‍👧‍👦' },
  empty: {}, none: null, list: [], text: '', 'odd."name': '\\"\u0001', constructor: 'x',
}
const user = { id: 1, name: '김민수' }

for (const peer of [iron6, iron8, iron9]) {
  describe(`the cookie of ${peer.name} and of package session`, () => shared(peer))
}

function shared(peer) {
  /** @type {ReturnType<typeof openPipe>} */ let pipe
  const sites = {}
  before(async () => {
    pipe = openPipe()
    const chunked = { ...settings, chunks: true }
    sites.js = await openSite(peer, settings)
    sites.go = { url: await pipe.site(settings) }
    sites.jsChunked = await openSite(peer, chunked)
    sites.goChunked = { url: await pipe.site(chunked) }
  })
  after(() => {
    sites.js?.close()
    sites.jsChunked?.close()
    pipe?.close()
  })

  const at = (site, path) => new URL(path, site.url)
  const shown = (jar, site) => jar.json(at(site, '/'))
  /** @returns the lines that set cookies */
  async function post(jar, site, path, members) {
    const res = await jar.fetch(at(site, path), { method: 'POST', body: JSON.stringify(members) })
    assert.equal(res.status, 200, await res.text())
    return res.headers.getSetCookie()
  }
  const visitor = () => new Jar(sites.js.url)

  it('that JavaScript saves is read by Go', async () => {
    const jar = visitor()
    await post(jar, sites.js, '/save', { ...unknown, user, visits: 1 })
    assert.deepEqual(await shown(jar, sites.go), { user, visits: 1 })
  })

  it('that Go saves is read by JavaScript', async () => {
    const jar = visitor()
    await post(jar, sites.go, '/save', { user, visits: 1, note: '쪽지' })
    assert.deepEqual(await shown(jar, sites.js), { user, visits: 1, note: '쪽지' })
  })

  it('keeps what Go does not know when Go saves', async () => {
    const jar = visitor()
    await post(jar, sites.js, '/save', { ...unknown, user: { ...user, nick: '민' }, visits: 1 })
    await post(jar, sites.go, '/save', { visits: 2 })
    assert.deepEqual(await shown(jar, sites.js), { ...unknown, user: { ...user, nick: '민' }, visits: 2 })
    await post(jar, sites.js, '/save', { visits: 3, user })
    assert.deepEqual(await shown(jar, sites.go), { user, visits: 3 })
  })

  it('is set with the same attributes', async () => {
    const attributes = ([line]) => line.split('; ').slice(1).sort()
    const saved = [await post(visitor(), sites.js, '/save', { user }), await post(visitor(), sites.go, '/save', { user })]
    assert.deepEqual(attributes(saved[1]), attributes(saved[0]))
    assert.deepEqual([saved[0].length, saved[1].length], [1, 1])
    const jars = [visitor(), visitor()]
    for (const jar of jars) await post(jar, sites.js, '/save', { user })
    const gone = [await post(jars[0], sites.js, '/destroy'), await post(jars[1], sites.go, '/destroy')]
    assert.deepEqual(gone[1].map(sorted), gone[0].map(sorted))
  })

  for (const [by, other] of [['js', 'go'], ['go', 'js']]) {
    it(`that ${by === 'js' ? 'JavaScript' : 'Go'} destroys is gone for both`, async () => {
      const jar = visitor()
      await post(jar, sites[other], '/save', { user, visits: 1 })
      assert.deepEqual((await shown(jar, sites[by])).user, user)
      await post(jar, sites[by], '/destroy')
      assert.deepEqual(jar.names(), [])
      assert.deepEqual(await shown(jar, sites.go), { visits: 0 })
      assert.deepEqual(await shown(jar, sites.js), {})
    })
  }

  it('that somebody changed is nobody for both', async () => {
    const jar = visitor()
    await post(jar, sites.js, '/save', { user })
    const { value } = jar.get(settings.cookie)
    const forged = visitor()
    forged.replace({ [settings.cookie]: value.replace(/\*\d{13}\*/, '*9999999999999*') })
    assert.deepEqual(await shown(forged, sites.go), { visits: 0 })
    assert.deepEqual(await shown(forged, sites.js), {})
  })

  it('that is too large without chunks is an error for both', async () => {
    for (const site of [sites.js, sites.go]) {
      const res = await visitor().fetch(at(site, '/save'), { method: 'POST', body: JSON.stringify({ note: 'x'.repeat(3000) }) })
      assert.ok(res.status >= 400, `${res.status}`)
      assert.deepEqual(res.headers.getSetCookie(), [])
    }
  })

  if (peer.major < 9) return // they know no chunks

  it('comes in the same chunks from both', async () => {
    const members = { user, visits: 1, note: '긴 쪽지 '.repeat(900) }
    const jars = { jsChunked: visitor(), goChunked: visitor() }
    for (const [name, jar] of Object.entries(jars)) {
      await post(jar, sites[name], '/save', members)
      for (const reader of ['js', 'go', 'jsChunked', 'goChunked']) assert.deepEqual(await shown(jar, sites[reader]), members, `${name} ${reader}`)
    }
    const lengths = (jar) => jar.names().map((name) => [name, jar.get(name).value.length])
    assert.deepEqual(lengths(jars.goChunked), lengths(jars.jsChunked))
    assert.equal(jars.goChunked.names().length, 4)
  })

  for (const [by, other] of [['jsChunked', 'goChunked'], ['goChunked', 'jsChunked']]) {
    it(`leaves no chunk behind when it grows, shrinks and ends, ${by} first`, async () => {
      const jar = visitor()
      await post(jar, sites[by], '/save', { user, visits: 1 })
      assert.deepEqual(jar.names(), [settings.cookie])
      const counts = []
      for (const length of [3000, 9000, 4000, 8000, 10]) {
        const note = 'x'.repeat(length)
        await post(jar, sites[other], '/save', { note })
        counts.push(jar.names().length)
        assert.equal((await shown(jar, sites[by])).note, note)
        await post(jar, sites[by], '/save', { note: note + '.' })
        assert.equal((await shown(jar, sites[other])).note, note + '.')
      }
      assert.deepEqual(counts, [2, 4, 2, 3, 1])
      await post(jar, sites[by], '/save', { note: 'x'.repeat(9000) })
      await post(jar, sites[other], '/destroy')
      assert.deepEqual(jar.names(), [])
    })
  }
}

const sorted = (line) => line.split('; ').sort().join('; ')
