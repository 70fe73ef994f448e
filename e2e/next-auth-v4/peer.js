// next-auth 4 as the other side: its codec and its client. Its server is in reference.js.
import { decode, encode, getToken } from 'next-auth/jwt'
// Not exported by the package: the code that cuts a session cookie into chunks.
import { SessionStore } from './node_modules/next-auth/core/lib/cookie.js'

export const name = 'next-auth@4.24.15'
/** Where its packages are. */
export const folder = new URL('./', import.meta.url)
export const major = 4
export const format = 'authjs-v4'
export const sessionCookie = 'next-auth.session-token'

/** @param {object} claims @param {string[]} secrets only the first is used: v4 knows one @param {number} [maxAge] seconds */
export const seal = (claims, [secret], maxAge) => encode({ token: claims, secret, maxAge })

/** @param {string} token @param {string[]} secrets */
export const open = (token, [secret]) => decode({ token, secret })

/** What an app's server gets from `getToken`. @param {Record<string, string>} cookies @param {string[]} secrets */
export const tokenOf = (cookies, [secret]) => getToken({ req: { cookies, headers: {} }, secret })

/** The cookies that the package would set. @param {string} value @returns {Record<string, string>} */
export function chunk(value) {
  const store = new SessionStore({ name: sessionCookie, options: {} }, { cookies: {} }, quiet)
  return Object.fromEntries(store.chunk(value, {}).map((cookie) => [cookie.name, cookie.value]))
}

/** The client functions; import them only once there is a window. */
export const client = () => import('next-auth/react').then((module) => module.default)

const quiet = { debug() {}, warn() {}, error() {} }
