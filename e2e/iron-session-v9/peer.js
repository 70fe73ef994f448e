// iron-session 9 as the other side.
import { getIronSession, sealData, unsealData } from 'iron-session'

export const name = 'iron-session@9.0.1'
export const major = 9

/** @param {object} claims @param {Record<string, string>} passwords by number, the highest seals @param {number} [ttl] seconds, 0 has no end */
export const seal = (claims, passwords, ttl) => sealData(claims, ttl === undefined ? { password: passwords } : { password: passwords, ttl })

/** @param {string} value @param {Record<string, string>} passwords @returns what is in it; it throws where the package gives {} and a reason */
export async function open(value, passwords) {
  let why
  const claims = await unsealData(value, { password: passwords, onUnsealError: (reason) => { why = reason } })
  if (why) throw new Error(why)
  return claims
}

export { getIronSession }
