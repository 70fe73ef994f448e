// Random sessions carried between Signet and the real packages, in both directions: what was
// put in comes out.
import assert from 'node:assert/strict'
import { after, before, describe, it, mock } from 'node:test'
import { chanceOf, seed } from './chance.js'
import { payload, spell } from './payloads.js'
import { openPipe } from './pipe.js'
import { subjects } from './subjects.js'

const count = 1000
const atOnce = 50 // so that neither process waits for the other
// Not a whole second, since formats that keep whole seconds round.
const now = Date.UTC(2026, 10, 25, 12, 0, 0, 437)

describe(`${count} random sessions each way, seed ${seed}`, () => {
  /** @type {ReturnType<typeof openPipe>} */ let pipe
  before(() => {
    pipe = openPipe()
    mock.timers.enable({ apis: ['Date'], now })
  })
  after(() => {
    mock.timers.reset()
    pipe?.close()
  })

  for (const subject of subjects) {
    it(`sealed by ${subject.name} open in Signet`, async (t) => {
      const c = chanceOf(`open ${subject.name}`)
      const sizes = await many(() => opensHere(pipe, subject, c))
      t.diagnostic(summary(sizes))
    })
    it(`sealed by Signet open in ${subject.name}`, async (t) => {
      const c = chanceOf(`seal ${subject.name}`)
      const sizes = await many(() => opensThere(pipe, subject, c))
      t.diagnostic(summary(sizes))
    })
    it(`as large as fits open in Signet and ${subject.name}, and no larger`, () => largest(pipe, subject))
  }
})

/** Runs one after the other, but many at once. @param {() => Promise<number>} one */
async function many(one) {
  const sizes = []
  while (sizes.length < count) sizes.push(...await Promise.all(Array.from({ length: atOnce }, one)))
  return sizes
}

const summary = (sizes) => `${sizes.length} equal, of ${Math.min(...sizes)} to ${Math.max(...sizes)} bytes of JSON`

async function opensHere(pipe, subject, c) {
  const claims = payload(c, subject.room, subject.takes)
  const ttl = c.of(subject.ttls)
  const old = c.once(0.2)
  const value = await (old ? subject.sealOld : subject.seal)(claims, ttl)
  const opened = await pipe.open(subject.codec, value, now)
  const text = JSON.stringify(claims)
  assert.equal(opened.reason, undefined, `${opened.reason} ${opened.detail}: ${text}\n${value}`)
  // JSON has no -0, and so on: what the package was able to write is what counts.
  assert.deepEqual(subject.strip(JSON.parse(opened.claims)), JSON.parse(text))
  assert.equal(opened.expires ?? 0, endOf(subject, ttl), `the end of ${value}`)
  assert.equal(opened.stale ?? false, old, 'an older key')
  return text.length
}

async function opensThere(pipe, subject, c) {
  const claims = payload(c, subject.room)
  const spelt = spell(c, claims)
  const text = Buffer.byteLength(spelt) > subject.room ? JSON.stringify(claims) : spelt
  const ttl = c.of(subject.ttls)
  // The codec rounds what does not fit its clock; the packages must not stumble over it.
  const expires = ttl === 0 ? 0 : now + ttl * 1000 + c.of([0, 0.25, 0.999])
  const sealed = await pipe.seal(subject.codec, text, { issued: now, expires })
  assert.ok(sealed.value, `${sealed.detail}: ${text}`)
  const opened = await Promise.resolve(subject.open(sealed.value)).catch((error) => assert.fail(`${error}: ${text}\n${sealed.value}`))
  assert.deepEqual(subject.strip(opened), JSON.parse(text), sealed.value)
  const again = await pipe.open(subject.codec, sealed.value, now)
  assert.equal(again.expires ?? 0, endOf(subject, ttl))
  return text.length
}

// The end in a value, in milliseconds: iron counts those, the others whole seconds.
const endOf = ({ kind }, ttl) => ttl === 0 ? 0 : kind === 'iron' ? now + ttl * 1000 : Math.floor(now / 1000 + ttl) * 1000

// Signet writes up to 16 KiB, which is more than any browser's cookies hold of one name.
async function largest(pipe, subject) {
  const life = { issued: now, expires: now + 3_600_000 }
  const seal = (length) => pipe.seal(subject.codec, JSON.stringify({ text: '가'.repeat(9) + 'x'.repeat(length) }), life)
  let fits = 0
  for (let step = 1 << 14; step >= 1; step >>= 1) {
    if ((await seal(fits + step)).value) fits += step
  }
  const { value } = await seal(fits)
  assert.ok(value.length <= 16 << 10 && value.length > (16 << 10) - 64, `${value.length} bytes`)
  assert.equal((await subject.open(value)).text.length, 9 + fits)
  assert.equal(JSON.parse((await pipe.open(subject.codec, value, now)).claims).text.length, 9 + fits)
  const { reason, detail } = await seal(fits + 1)
  assert.equal(reason, 'refused', detail)
}
