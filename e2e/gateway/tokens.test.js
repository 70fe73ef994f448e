// Access tokens that Signet signs, verified by the packages that APIs use.
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Jar } from '../harness/jar.js'
import { user } from '../harness/site.js'
import { freePort, startServer } from './server.js'

const { createRemoteJWKSet, jwtVerify } = createRequire(new URL('../jose/peer.js', import.meta.url))('jose')
const jsonwebtoken = createRequire(new URL('../jsonwebtoken/peer.js', import.meta.url))('jsonwebtoken')

const pem = (type, options) => generateKeyPairSync(type, options).privateKey.export({ type: 'pkcs8', format: 'pem' })
const shared = randomBytes(32).toString('base64')

/** How each algorithm gets its key. */
const kinds = {
  EdDSA: { settings: '', files: {} },
  ES256: { settings: 'algorithm: ES256', files: {} },
  'ES256 with a key of its own': { alg: 'ES256', settings: 'algorithm: ES256, key: {file: access.pem}', files: { 'access.pem': pem('ec', { namedCurve: 'P-256' }) } },
  RS256: { settings: 'algorithm: RS256, key: {file: access.pem}', files: { 'access.pem': pem('rsa', { modulusLength: 2048 }) } },
  HS256: { settings: 'algorithm: HS256, key: {file: access.key}', files: { 'access.key': shared } },
}

for (const [kind, { alg = kind, settings, files }] of Object.entries(kinds)) {
  describe(`an access token with ${kind}`, () => {
    /** @type {Awaited<ReturnType<typeof startServer>>} */ let server
    let url, base
    before(async () => {
      const port = await freePort()
      url = `http://localhost:${port}`
      base = `${url}/api/auth`
      server = await startServer(`url: ${url}
listen: 127.0.0.1:${port}
providers: [{type: credentials, login_path: /api/login}]
access_tokens: {audiences: [posts, letters], claims: [name, email, groups], refresh_life: 1h, introspection_secret: "${'i'.repeat(8)}${shared}"${settings && `, ${settings}`}}
`, { files, users: [{ ...user, groups: ['staff'] }] })
      // Giving groups ends sessions, and a token tells only the second that it was made in.
      await wait(1000)
    })
    after(() => server?.stop())

    const signedIn = async () => {
      const jar = new Jar(url)
      const { csrfToken } = await jar.json('/api/auth/csrf')
      const res = await jar.post('/api/auth/callback/credentials', { csrfToken, email: user.email, password: user.password })
      assert.equal(res.status, 303)
      return jar
    }
    const ask = (jar, body, headers = { Origin: url }) =>
      jar.fetch('/api/auth/token', { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) })
    const grant = (refresh_token) => fetch(`${base}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token }) })

    /** Verifies as an API would. */
    async function verify(token, audience) {
      const expected = { issuer: url, audience, algorithms: [alg] }
      if (alg === 'HS256') {
        const claims = jsonwebtoken.verify(token, shared, expected)
        assert.deepEqual((await jwtVerify(token, new TextEncoder().encode(shared), expected)).payload, claims)
        return claims
      }
      return (await jwtVerify(token, createRemoteJWKSet(new URL(`${base}/jwks`)), { ...expected, typ: 'at+jwt' })).payload
    }

    it('is what the API asks for', async () => {
      const jar = await signedIn()
      const res = await ask(jar, { audience: 'posts' })
      assert.equal(res.status, 200)
      assert.match(res.headers.get('cache-control'), /no-store/)
      const answer = await res.json()
      assert.equal(answer.token_type, 'Bearer')
      assert.ok(answer.expires_in > 590 && answer.expires_in <= 600)
      const claims = await verify(answer.access_token, 'posts')
      assert.equal(claims.name, user.name)
      assert.equal(claims.email, user.email)
      assert.deepEqual(claims.groups, ['staff'])
      assert.ok(claims.sub && claims.sid)
      assert.ok(Math.abs(claims.exp - claims.iat - 600) <= 1)
      await assert.rejects(verify(answer.access_token, 'letters'))
      // The first of the list is meant where none is named.
      await verify((await (await ask(jar, {})).json()).access_token, 'posts')
      await verify((await (await ask(jar, { audience: 'letters' })).json()).access_token, 'letters')
    })

    it('is not for everybody, and not for anything', async () => {
      const jar = await signedIn()
      assert.equal((await ask(new Jar(url), { audience: 'posts' })).status, 401)
      assert.equal((await ask(jar, { audience: 'payroll' })).status, 400)
      assert.equal((await ask(jar, { audience: 'posts' }, { Origin: 'https://evil.example' })).status, 403)
      assert.equal((await jar.post('/api/auth/token', { audience: 'posts' }, { Origin: url })).status, 403, 'a form may be sent by any page')
    })

    it('shows no private key', async () => {
      const { keys } = await (await fetch(`${base}/jwks`)).json()
      assert.equal(keys.length > 0, alg !== 'HS256')
      for (const key of keys) {
        assert.equal(key.alg, alg)
        for (const member of ['d', 'p', 'q', 'k', 'dp', 'dq', 'qi']) assert.equal(member in key, false, member)
      }
    })

    it('is had again with a refresh token, without a cookie', async () => {
      const jar = await signedIn()
      const first = await (await ask(jar, { audience: 'letters' })).json()
      const res = await grant(first.refresh_token)
      assert.equal(res.status, 200)
      const second = await res.json()
      assert.equal((await verify(second.access_token, 'letters')).email, user.email)
      assert.notEqual(second.refresh_token, first.refresh_token)
      // An answer that got lost is given again, and no other.
      assert.equal((await (await grant(first.refresh_token)).json()).refresh_token, second.refresh_token)
      const third = await (await grant(second.refresh_token)).json()
      await verify(third.access_token, 'letters')
      for (const wrong of ['', 'x', first.refresh_token.slice(0, -2), first.access_token]) {
        const res = await grant(wrong)
        assert.equal(res.status, 400, wrong)
        assert.deepEqual(await res.json(), { error: 'invalid_grant' })
      }
      const { csrfToken } = await jar.json('/api/auth/csrf')
      await jar.post('/api/auth/signout', { csrfToken })
      assert.equal((await grant(third.refresh_token)).status, 400, 'lives on after the sign-out')
    })

    it('can be asked about, and is dead after the sign-out', async () => {
      const jar = await signedIn()
      const { access_token } = await (await ask(jar, { audience: 'posts' })).json()
      const about = async (secret) => {
        const headers = { Authorization: `Basic ${btoa(`api:${secret}`)}` }
        const res = await fetch(`${base}/introspect`, { method: 'POST', headers, body: new URLSearchParams({ token: access_token }) })
        return { status: res.status, ...(res.ok && await res.json()) }
      }
      const secret = 'i'.repeat(8) + shared
      const answer = await about(secret)
      assert.equal(answer.active, true)
      assert.equal(answer.aud instanceof Array ? answer.aud[0] : answer.aud, 'posts')
      assert.equal((await about('wrong')).status, 401)
      const { csrfToken } = await jar.json('/api/auth/csrf')
      await jar.post('/api/auth/signout', { csrfToken })
      assert.equal((await about(secret)).active, false)
    })

    it('comes with a log-in by script', async () => {
      const jar = new Jar(url)
      const log = (password) => jar.fetch('/api/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email: user.email, password }) })
      const answer = await (await log(user.password)).json()
      assert.equal(answer.email, user.email)
      assert.equal((await verify(answer.accessToken, 'posts')).email, user.email)
      const no = await log('not it')
      assert.equal(no.status, 401)
      assert.equal(await no.text(), 'null')
    })
  })
}
