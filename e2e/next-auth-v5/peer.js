// next-auth 5 as the other side: its codec and its client. Its server is in reference.js.
import { decode, encode, getToken } from 'next-auth/jwt'
// Not exported by the package: the code that cuts a session cookie into chunks.
import { SessionStore } from './node_modules/@auth/core/lib/utils/cookie.js'

export const name = 'next-auth@5.0.0-beta.32'
/** Where its packages are. */
export const folder = new URL('./', import.meta.url)
export const major = 5
export const format = 'authjs'
export const sessionCookie = 'authjs.session-token'

/** @param {object} claims @param {string[]} secrets the first seals @param {number} [maxAge] seconds */
export const seal = (claims, secrets, maxAge) => encode({ token: claims, secret: secrets, salt: sessionCookie, maxAge })

/** @param {string} token @param {string[]} secrets */
export const open = (token, secrets) => decode({ token, secret: secrets, salt: sessionCookie })

/** What an app's server gets from `getToken`. @param {Record<string, string>} cookies @param {string[]} secrets */
export function tokenOf(cookies, secrets) {
  const header = Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; ')
  return getToken({ req: { headers: { cookie: header } }, secret: secrets })
}

/** The cookies that the package would set. @param {string} value @returns {Record<string, string>} */
export function chunk(value) {
  const store = new SessionStore({ name: sessionCookie, options: {} }, {}, quiet)
  return Object.fromEntries(store.chunk(value, {}).map((cookie) => [cookie.name, cookie.value]))
}

/** The client functions; import them only once there is a window. */
export const client = () => import('next-auth/react')

const quiet = { debug() {}, warn() {}, error() {} }
