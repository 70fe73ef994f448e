// iron-session 8 as the other side.
import { getIronSession, sealData, unsealData } from 'iron-session'

export const name = 'iron-session@8.0.4'
export const major = 8

/** @param {object} claims @param {Record<string, string>} passwords by number, the highest seals @param {number} [ttl] seconds, 0 has no end */
export const seal = (claims, passwords, ttl) => sealData(claims, { password: passwords, ttl })

/** @param {string} value @param {Record<string, string>} passwords @returns what is in it, {} for most that is wrong; it throws for the rest */
export const open = (value, passwords) => unsealData(value, { password: passwords })

export { getIronSession }
