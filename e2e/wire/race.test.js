// A sign-out that other requests of the same browser overlap: reads that renew the cookie must
// not bring the session back, whichever answer arrives last.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as peer from '../next-auth-v5/peer.js'
import { Jar, sessionWith } from '../harness/jar.js'
import { onReference, openSite, strategies, user } from '../harness/site.js'

const rounds = Number(process.env.SIGNET_RACE_ROUNDS || 25)
const readers = 4

for (const strategy of strategies) {
  describe(`${rounds} sign-outs, each among ${2 * readers} reads, ${strategy} sessions`, () => {
    /** @type {Awaited<ReturnType<typeof openSite>>} */ let site
    // Renewed at every read, so that each answer of a reader carries the cookie.
    before(async () => { site = await openSite({ peer, page: false, strategy, updateAge: '0s' }) })
    after(() => site?.close())

    it('leave nobody signed in', { timeout: 3_600_000 }, async () => {
      const counts = { revived: 0, left: 0, replayed: 0 }
      for (let round = 0; round < rounds; round++) await race(site, counts)
      if (onReference) assert.equal(counts.replayed, rounds)
      else assert.deepEqual(counts, { revived: 0, left: 0, replayed: 0 })
    })
  })
}

async function race(site, counts) {
  const jar = new Jar(site.url)
  const { csrfToken } = await jar.json('/api/auth/csrf')
  await jar.post('/api/auth/callback/credentials', { csrfToken, email: user.email, password: user.password })
  const copied = jar.header()
  assert.equal((await sessionWith(site.base, copied))?.user.email, user.email)
  const { csrfToken: fresh } = await jar.json('/api/auth/csrf')
  const read = () => jar.fetch('/api/auth/session')
  await Promise.all([
    ...Array.from({ length: readers }, read),
    jar.post('/api/auth/signout', { csrfToken: fresh }),
    ...Array.from({ length: readers }, read),
  ])
  // The answer to a read that was renewed before the sign-out may arrive after it, and leave
  // its cookie with the browser: no server can call that back. It must open nothing, and the
  // next read must clear it.
  if (await sessionWith(site.base, jar.header())) counts.revived++
  await jar.fetch('/api/auth/session')
  if (jar.sessionNames().length > 0) counts.left++
  if (await sessionWith(site.base, copied)) counts.replayed++
}
