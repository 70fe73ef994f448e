// Session cookies carried between Signet and the real packages, in both directions.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as v4 from '../next-auth-v4/peer.js'
import * as v5 from '../next-auth-v5/peer.js'
import { Jar } from '../harness/jar.js'
import { onReference, openSite, secrets, user } from '../harness/site.js'
import { command } from '../harness/signet.js'

const base = '/api/auth'
// More than one cookie holds, and words that JSON and UTF-8 have to carry unharmed.
const large = { ...Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`claim ${n}`, '값\u2028"<&'.repeat(12)])) }

for (const peer of [v4, v5]) {
  describe(`cookies of ${peer.name}`, () => carried(peer))
}

function carried(peer) {
  /** @type {Awaited<ReturnType<typeof openSite>>} */ let site
  before(async () => {
    site = await openSite({ peer, page: false, format: peer.format, accept: ['authjs', 'authjs-v4'] })
  })
  after(() => site?.close())

  const claims = { name: user.name, email: user.email, picture: null, sub: '1', role: 'poet' }
  /** A visitor who brings this token, in as many cookies as the package cuts it into. */
  const bring = (token) => {
    const jar = new Jar(site.url)
    jar.replace(peer.chunk(token))
    return jar
  }
  const shown = async (jar) => (await jar.json(`${base}/session`))?.user?.email ?? null

  it('open in the server', async () => {
    const jar = bring(await peer.seal(claims, secrets))
    const session = await jar.json(`${base}/session`)
    assert.deepEqual([session.user.name, session.user.email], [user.name, user.email])
    assert.ok(Date.parse(session.expires) > Date.now())
  })

  it('open in the server when they come in chunks', async () => {
    const token = await peer.seal({ ...claims, large }, secrets)
    const jar = bring(token)
    assert.ok(jar.sessionNames().length > 1, 'the claims fit into one cookie')
    assert.equal(await shown(jar), user.email)
  })

  it('are nobody when expired, foreign, cut or missing a chunk, and are cleared', async () => {
    const token = await peer.seal({ ...claims, large }, secrets)
    const short = await peer.seal(claims, secrets)
    const gap = peer.chunk(token)
    delete gap[`${peer.sessionCookie}.0`]
    const bad = {
      expired: peer.chunk(await peer.seal(claims, secrets, -60)),
      foreign: peer.chunk(await peer.seal(claims, ['somebody else’s secret of good length'])),
      cut: peer.chunk(short.slice(0, -4)),
      changed: peer.chunk(short.slice(0, -30) + (short.at(-30) === 'A' ? 'B' : 'A') + short.slice(-29)),
      gap,
    }
    for (const [name, cookies] of Object.entries(bad)) {
      const jar = new Jar(site.url)
      jar.replace(cookies)
      assert.equal(await shown(jar), null, name)
      assert.deepEqual(jar.sessionNames(), [], name)
    }
  })

  it('made by the server open in getToken and decode', async () => {
    const jar = await signedIn(site)
    const cookies = Object.fromEntries(jar.sessionNames().map((name) => [name, jar.get(name).value]))
    const token = await peer.tokenOf(cookies, secrets)
    assert.deepEqual([token.name, token.email], [user.name, user.email])
    assert.ok(token.sub)
    assert.ok(token.jti)
    const now = Date.now() / 1000
    assert.ok(token.iat <= now + 1 && token.iat > now - 60, `iat ${token.iat}`)
    assert.ok(token.exp > now, `exp ${token.exp}`)
    assert.deepEqual(await peer.open(jar.sessionToken(), secrets), token)
    const expires = jar.get(jar.sessionNames()[0]).attributes.find((text) => text.startsWith('Expires='))
    assert.ok(Math.abs(Date.parse(expires.slice(8)) / 1000 - token.exp) <= 2, 'cookie and token end together')
  })

  it('made by the server do not open with another secret', async () => {
    const jar = await signedIn(site)
    const cookies = Object.fromEntries(jar.sessionNames().map((name) => [name, jar.get(name).value]))
    assert.equal(await peer.tokenOf(cookies, ['somebody else’s secret of good length']), null)
  })

  if (onReference) return

  it('are looked into by signet inspect', async () => {
    for (const [name, token, given] of [
      ['ours', await peer.seal({ ...claims, large }, secrets), { ...claims, large }],
      ['old', await peer.seal(claims, [secrets[1]]), claims],
    ]) {
      const flags = secrets.flatMap((secret) => ['--secret', secret])
      const { status, stdout, stderr } = await command(['inspect', '-', '--json', ...flags, '--salt', peer.major === 4 ? '' : peer.sessionCookie], token)
      assert.equal(status, 0, `${name}: ${stdout}${stderr}`)
      const seen = JSON.parse(stdout)
      assert.deepEqual([seen.format, seen.valid, seen.reason], [peer.format, true, ''], name)
      const { iat, exp, jti, ...rest } = seen.claims
      assert.deepEqual(rest, given, name)
      assert.deepEqual([seen.issued_at, seen.expires_at], [iat, exp], name)
      assert.ok(jti, name)
    }
  })

  it('are said by signet inspect to be expired or foreign', async () => {
    const say = async (token, secret) => {
      const { status, stdout } = await command(['inspect', '-', '--json', '--secret', secret, '--salt', peer.major === 4 ? '' : peer.sessionCookie], token)
      return [status, JSON.parse(stdout).reason]
    }
    assert.deepEqual(await say(await peer.seal(claims, secrets, -60), secrets[0]), [1, 'expired'])
    assert.deepEqual(await say(await peer.seal(claims, [secrets[1]]), secrets[0]), [1, 'foreign'])
  })

  it('of the server are looked into by signet inspect', async () => {
    const jar = await signedIn(site)
    const { status, stdout } = await command(['inspect', jar.sessionToken(), '--json', '--secret', secrets[0]])
    assert.equal(status, 0, stdout)
    assert.equal(JSON.parse(stdout).claims.email, user.email)
  })

  it('sealed with an older secret still open', async () => {
    const jar = bring(await peer.seal(claims, [secrets[1]]))
    assert.equal(await shown(jar), user.email)
  })

  it('of the other generation are read, and written back in ours', async () => {
    const other = peer === v4 ? v5 : v4
    const jar = new Jar(site.url)
    jar.replace(other.chunk(await other.seal({ ...claims, large }, [secrets[1]])))
    assert.equal(await shown(jar), user.email)
    const names = jar.sessionNames()
    assert.ok(names.length > 1 && names.every((name) => name.startsWith(peer.sessionCookie)), names.join(' '))
    const cookies = Object.fromEntries(names.map((name) => [name, jar.get(name).value]))
    const token = await peer.tokenOf(cookies, secrets)
    assert.deepEqual([token.email, token.role, token.large], [user.email, 'poet', large])
    assert.equal(await shown(jar), user.email)
  })

  it('do not come back to life after a sign-out', async () => {
    const jar = bring(await peer.seal(claims, secrets))
    const copied = jar.header()
    assert.equal(await shown(jar), user.email)
    const { csrfToken } = await jar.json(`${base}/csrf`)
    await jar.post(`${base}/signout`, { csrfToken })
    assert.deepEqual(jar.sessionNames(), [])
    const thief = new Jar(site.url)
    const res = await thief.fetch(`${base}/session`, { headers: { Cookie: copied } })
    assert.equal((await res.json())?.user ?? null, null)
  })
}

async function signedIn(site) {
  const jar = new Jar(site.url)
  const { csrfToken } = await jar.json(`${base}/csrf`)
  const { email, password } = user
  await jar.post(`${base}/callback/credentials`, { csrfToken, email, password })
  assert.equal((await jar.json(`${base}/session`)).user.email, user.email)
  return jar
}
