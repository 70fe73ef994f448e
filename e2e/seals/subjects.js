// Each package with its own keys, and Signet's codec with the same.
import { generateKeyPairSync, sign } from 'node:crypto'
import * as authV4 from '../next-auth-v4/peer.js'
import * as authV5 from '../next-auth-v5/peer.js'
import * as iron6 from '../iron-session-v6/peer.js'
import * as iron8 from '../iron-session-v8/peer.js'
import * as iron9 from '../iron-session-v9/peer.js'
import * as jose from '../jose/peer.js'
import * as jsonwebtoken from '../jsonwebtoken/peer.js'

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {'iron'|'jws'|'jwe'} kind
 * @property {number} [siblings]            how many of its package there are
 * @property {object} codec                 Signet's, as e2e/pipe makes it
 * @property {number} room                  bytes of JSON that fit
 * @property {(claims: object, ttl?: number) => Promise<string>|string} seal   ttl in seconds, 0 has no end
 * @property {(claims: object, ttl: number) => Promise<string>|string} [sealOld]  with an older key that Signet still has
 * @property {(value: string) => Promise<any>|any} open
 * @property {(name: string) => boolean} [takes]  names of members that it is able to seal
 * @property {number[]} ttls                some that it takes
 * @property {(claims: object) => object} strip  claims without what sealing adds
 */

export const passwords = {
  2: '무궁화 꽃이 피었습니다, 동해물과 백두산이 마르고 닳도록!',
  9: 'nine is less than ten, although it is the larger text',
  10: 'a password of more than the sixty-four bytes that one block of SHA-1 has room for 🔑',
}
const secrets = ['0Lw3n2kYqzN8v5T1mZrXcB7hGf4JdSae 새 비밀 🔑', 'aR7uQ2xW9eK5tY1oP8iLs6DfH3gJ4zVb']

/** Keys of a ring, newest first. */
const ring = (entries) => entries.map(([id, secret]) => ({ id, secret }))
const numbered = ring([['2', secrets[0]], ['1', secrets[1]]])

const same = (claims) => claims
const without = (...names) => (claims) => Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)))

/** @returns {Subject} */
const ironSession = (peer) => ({
  name: peer.name,
  kind: 'iron',
  major: peer.major,
  codec: { format: 'iron', keys: ring([['10', passwords[10]], ['9', passwords[9]], ['2', passwords[2]]]) },
  room: 12_000,
  seal: (claims, ttl) => peer.seal(claims, passwords, ttl),
  sealOld: (claims, ttl) => peer.seal(claims, { 2: passwords[2], 9: passwords[9] }, ttl),
  open: (value) => peer.open(value, passwords),
  ttls: [1, 30, 61, 3600, 14 * 86_400, 0],
  strip: same,
})

/** @returns {Subject} */
const signed = (peer, algorithm, format) => ({
  siblings: algorithms.length,
  name: `${peer.name} ${algorithm}`,
  kind: 'jws',
  algorithm,
  codec: { format, algorithm, keys: numbered },
  room: 12_000,
  seal: (claims, ttl = 3600) => peer.seal(claims, secrets[0], algorithm, ttl),
  sealOld: (claims, ttl) => peer.seal(claims, secrets[1], algorithm, ttl),
  open: (value) => peer.open(value, secrets[0], algorithm),
  secret: secrets[0],
  // jsonwebtoken@9.0.3 looks for its rules about a claim in an ordinary object, and falls over
  // toString and the like.
  takes: peer === jsonwebtoken ? (name) => !(name in {}) : undefined,
  ttls: [1, 10, 3600, 30 * 86_400],
  strip: without('iat', 'exp', 'jti'),
})

/** @returns {Subject} */
const authjs = (peer) => ({
  name: peer.name,
  kind: 'jwe',
  major: peer.major,
  codec: { format: peer.format, cookie: peer.sessionCookie, keys: numbered },
  room: 11_800,
  seal: (claims, ttl) => peer.seal(claims, secrets, ttl),
  sealOld: (claims, ttl) => peer.seal(claims, [secrets[1]], ttl),
  open: (value) => peer.open(value, secrets),
  secret: secrets[0],
  salt: peer.major === 4 ? '' : peer.sessionCookie,
  ttls: [1, 10, 3600, 30 * 86_400],
  strip: without('iat', 'exp', 'jti'),
})

const algorithms = ['HS256', 'HS384', 'HS512']

/** @type {Subject[]} */
export const subjects = [
  ...[iron6, iron8, iron9].map(ironSession),
  ...algorithms.map((algorithm) => signed(jose, algorithm, 'jwt')),
  // jsonwebtoken writes typ, and its apps expect no jti.
  ...algorithms.map((algorithm) => signed(jsonwebtoken, algorithm, 'jwt-plain')),
  ...[authV4, authV5].map(authjs),
]

/** Tokens under a key pair, as jose signs and checks them, and Signet's Verifier.
 * @returns {Promise<Subject[]>} */
export async function verified() {
  const pairs = {
    RS256: ['rsa', { modulusLength: 2048 }],
    ES256: ['ec', { namedCurve: 'P-256' }],
    EdDSA: ['ed25519', {}],
  }
  return Promise.all(Object.entries(pairs).map(async ([algorithm, [type, options]]) => {
    const { privateKey, publicKey } = generateKeyPairSync(type, options)
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    const key = await jose.publicKey(pem, algorithm)
    return {
      name: `${jose.name} ${algorithm}`,
      kind: 'jws',
      siblings: 3,
      algorithm,
      codec: { format: 'verifier', algorithm, public: pem },
      open: (value) => jose.verify(value, key, algorithm),
      sign: (header, payload) => {
        const input = `${header.toString('base64url')}.${payload.toString('base64url')}`
        const hash = algorithm === 'EdDSA' ? null : 'sha256'
        return `${input}.${sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
      },
    }
  }))
}
