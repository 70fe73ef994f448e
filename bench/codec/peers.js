// The Node packages, asked line by line by the Go program beside this file. An operation is
// awaited before the next begins; what it costs is the CPU time of the whole process, so the
// threads that do the cryptography count.
import { createSecretKey, webcrypto } from 'node:crypto'
import { createInterface } from 'node:readline'
import * as v4 from '../../e2e/next-auth-v4/peer.js'
import * as v5 from '../../e2e/next-auth-v5/peer.js'
import * as iron8 from '../../e2e/iron-session-v8/node_modules/iron-session/dist/index.js'
import * as iron9 from '../../e2e/iron-session-v9/node_modules/iron-session/dist/index.js'
import * as jose from '../../e2e/jose/node_modules/jose/dist/webapi/index.js'
import jsonwebtoken from '../../e2e/jsonwebtoken/node_modules/jsonwebtoken/index.js'

const [secret, text] = process.argv.slice(2)
const claims = JSON.parse(text)
const age = 24 * 3600
const bytes = new TextEncoder().encode(secret)
const keyObject = createSecretKey(bytes)
const cryptoKey = await webcrypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
const hs256 = { algorithms: ['HS256'] }
const password = { password: secret, ttl: age }

// Each of these packages puts its own times into the claims, but iron-session.
const { iat, exp, jti, ...own } = claims
const timeless = () => ({ ...own })
const joseSeal = (key) => new jose.SignJWT(own).setProtectedHeader({ alg: 'HS256' }).setIssuedAt().setExpirationTime(`${age}s`).setJti(jti).sign(key)

const values = {
  v5: await v5.seal(timeless(), [secret], age),
  v4: await v4.seal(timeless(), [secret], age),
  HS256: await joseSeal(cryptoKey),
  iron: await iron8.sealData(claims, password),
}

// What opens what Signet made.
const openers = {
  v5: (value) => v5.open(value, [secret]),
  v4: (value) => v4.open(value, [secret]),
  HS256: (value) => jsonwebtoken.verify(value, keyObject, hs256),
  iron: (value) => iron9.unsealData(value, password),
}

const rows = [
  ['v5', 'open', 'next-auth 5 decode', () => v5.open(values.v5, [secret])],
  ['v5', 'seal', 'next-auth 5 encode', () => v5.seal(timeless(), [secret], age)],
  ['v4', 'open', 'next-auth 4 decode', () => v4.open(values.v4, [secret])],
  ['v4', 'seal', 'next-auth 4 encode', () => v4.seal(timeless(), [secret], age)],
  ['HS256', 'open', 'jsonwebtoken 9, KeyObject', () => jsonwebtoken.verify(values.HS256, keyObject, hs256)],
  ['HS256', 'open', 'jsonwebtoken 9, string', () => jsonwebtoken.verify(values.HS256, secret, hs256)],
  ['HS256', 'open', 'jose 6, CryptoKey', () => jose.jwtVerify(values.HS256, cryptoKey, hs256).then((r) => r.payload)],
  ['HS256', 'open', 'jose 6, bytes', () => jose.jwtVerify(values.HS256, bytes, hs256).then((r) => r.payload)],
  ['HS256', 'seal', 'jsonwebtoken 9, KeyObject', () => jsonwebtoken.sign(own, keyObject, { expiresIn: age, jwtid: jti })],
  ['HS256', 'seal', 'jose 6, CryptoKey', () => joseSeal(cryptoKey)],
  ['iron', 'open', 'iron-session 8 unsealData', () => iron8.unsealData(values.iron, password)],
  ['iron', 'open', 'iron-session 9 unsealData', () => iron9.unsealData(values.iron, password)],
  ['iron', 'seal', 'iron-session 8 sealData', () => iron8.sealData(claims, password)],
  ['iron', 'seal', 'iron-session 9 sealData', () => iron9.sealData(claims, password)],
]
const operations = Object.fromEntries(rows.map(([format, work, name, operation]) => [`${format} ${work} ${name}`, operation]))

async function spend(operation, n) {
  const before = process.cpuUsage()
  for (let i = 0; i < n; i++) await operation()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** Each opens to the session that was sealed, or nothing is measured. */
async function checkRows() {
  for (const [format, work, name, operation] of rows) {
    const got = await operation()
    const opened = work === 'open' ? got : await openers[format](got)
    if (opened?.email !== claims.email) throw new Error(`${format} ${work} ${name}: not the session that was sealed`)
  }
}

async function answer({ row, n, format, value }) {
  if (row) return { micros: await spend(operations[row], n) }
  const opened = await openers[format](value)
  return { email: opened?.email ?? '' }
}

const say = (object) => process.stdout.write(JSON.stringify(object) + '\n')

await checkRows()
say({ version: process.version, values, rows: rows.map(([format, work, name]) => ({ format, work, name })) })
for await (const line of createInterface({ input: process.stdin })) {
  say(await answer(JSON.parse(line)).catch((error) => ({ error: String(error) })))
}
