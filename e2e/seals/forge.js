// Values of each format with any content at all, under the right key: what a package would
// refuse to write, so that its reader and Signet's can be asked about it.
import { createCipheriv, createHash, createHmac, hkdfSync, pbkdf2Sync, randomBytes } from 'node:crypto'

const base64url = (bytes) => Buffer.from(bytes).toString('base64url')

/** Random bytes that are worth a salt or an initial vector. */
const fresh = (count) => randomBytes(count)

/** @param {Buffer} header @param {Buffer} payload @param {string} secret @param {string} algorithm the one that signs, whatever the header says */
export function jws(header, payload, secret, algorithm) {
  const input = `${base64url(header)}.${base64url(payload)}`
  return `${input}.${createHmac(`sha${algorithm.slice(2)}`, secret).update(input).digest('base64url')}`
}

/** The key of a session cookie. @param {string} secret @param {string} salt empty for next-auth 4 @param {string} enc */
function authKey(secret, salt, enc) {
  const info = salt === '' ? 'NextAuth.js Generated Encryption Key' : `Auth.js Generated Encryption Key (${salt})`
  return Buffer.from(hkdfSync('sha256', secret, salt, info, enc === 'A256CBC-HS512' ? 64 : 32))
}

/** What @auth/core calls a key by: its thumbprint (RFC 7638). */
export function authKeyID(secret, salt, enc) {
  const key = authKey(secret, salt, enc)
  return createHash(`sha${key.length << 3}`).update(`{"k":"${base64url(key)}","kty":"oct"}`).digest('base64url')
}

/** A JWE. @param {Buffer} header @param {Buffer} plain @param {string} secret @param {string} salt @param {string} enc the one that encrypts, whatever the header says
 * @param {{ wrap?: boolean, encryptedKey?: string, iv?: Buffer }} [odd] wrap: the key wraps another one (A256KW) */
export function jwe(header, plain, secret, salt, enc, odd = {}) {
  const bytes = enc === 'A256CBC-HS512' ? 64 : 32
  const key = odd.wrap ? fresh(bytes) : authKey(secret, salt, enc)
  const encryptedKey = odd.wrap ? base64url(wrapped(key, authKey(secret, salt, 'A256GCM'))) : odd.encryptedKey ?? ''
  const protectedText = base64url(header)
  const iv = odd.iv ?? fresh(enc === 'A256GCM' ? 12 : 16)
  const [ciphertext, tag] = (enc === 'A256GCM' ? gcm : cbc)(key, iv, plain, Buffer.from(protectedText))
  return [protectedText, encryptedKey, base64url(iv), base64url(ciphertext), base64url(tag)].join('.')
}

// RFC 3394.
function wrapped(key, by) {
  const cipher = createCipheriv('id-aes256-wrap', by, Buffer.alloc(8, 0xa6))
  return Buffer.concat([cipher.update(key), cipher.final()])
}

function gcm(key, iv, plain, aad) {
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad)
  return [Buffer.concat([cipher.update(plain), cipher.final()]), cipher.getAuthTag()]
}

// RFC 7518 section 5.2.2.1: half of the key for the tag, the other half for the text.
function cbc(key, iv, plain, aad) {
  const half = key.length / 2
  const cipher = createCipheriv(`aes-${half * 8}-cbc`, key.subarray(half), iv)
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
  const bits = Buffer.alloc(8)
  bits.writeBigUInt64BE(BigInt(aad.length * 8))
  const mac = createHmac(`sha${half * 16}`, key.subarray(0, half)).update(aad).update(iv).update(ciphertext).update(bits).digest()
  return [ciphertext, mac.subarray(0, half)]
}

/** A Fe26.2 seal without its suffix.
 * @param {Buffer} plain @param {string} password
 * @param {{ prefix?: string, id?: string, expiration?: string, salt?: string, macSalt?: string, iv?: Buffer, ciphertext?: Buffer, mac?: (text: string) => string }} fields */
export function fe26(plain, password, fields) {
  const { prefix = 'Fe26.2', id = '', expiration = '', salt = fresh(32).toString('hex'), macSalt = fresh(32).toString('hex'), mac = (text) => text } = fields
  const iv = fields.iv ?? fresh(16)
  const derive = (from) => pbkdf2Sync(password, from, 1, 32, 'sha1')
  const ciphertext = fields.ciphertext ?? encrypt(plain, derive(salt), iv)
  const base = [prefix, id, salt, base64url(iv), base64url(ciphertext), expiration].join('*')
  return `${base}*${macSalt}*${mac(createHmac('sha256', derive(macSalt)).update(base).digest('base64url'))}`
}

function encrypt(plain, key, iv) {
  const cipher = createCipheriv('aes-256-cbc', key, iv.length === 16 ? iv : Buffer.alloc(16))
  return Buffer.concat([cipher.update(plain), cipher.final()])
}
