// jose as the other side: it signs and checks tokens.
import { CompactSign, SignJWT, importPKCS8, importSPKI, jwtVerify } from 'jose'

export const name = 'jose@6.2.18'

/** @param {object} claims @param {string} secret @param {string} alg @param {number} ttl seconds */
export const seal = (claims, secret, alg, ttl) => new SignJWT(claims).setProtectedHeader({ alg })
  .setIssuedAt().setExpirationTime(Math.floor(Date.now() / 1000) + ttl).sign(bytes(secret))

/** @param {string} token @param {string} secret @param {string} alg the one that is expected */
export const open = (token, secret, alg) => jwtVerify(token, bytes(secret), { algorithms: [alg] }).then((done) => done.payload)

/** Signs bytes as they are. @param {Uint8Array} payload @param {object} header @param {CryptoKey} key */
export const sign = (payload, header, key) => new CompactSign(payload).setProtectedHeader(header).sign(key)

/** @param {string} token @param {CryptoKey} key @param {string} alg */
export const verify = (token, key, alg) => jwtVerify(token, key, { algorithms: [alg] }).then((done) => done.payload)

/** @param {string} pem */
export const publicKey = (pem, alg) => importSPKI(pem, alg)

/** @param {string} pem */
export const privateKey = (pem, alg) => importPKCS8(pem, alg)

const bytes = (secret) => new TextEncoder().encode(secret)
