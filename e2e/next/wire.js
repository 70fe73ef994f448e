// Many requests as bytes, a few at a time.
import { send } from '../gateway/raw.js'

/** @typedef {{ page: string, line: string, headers: string[], body?: string }} Try */

/** Sends each try and looks at each answer. @param {number} port @param {Try[]} tries
 * @param {(answer: Awaited<ReturnType<typeof send>>, one: Try) => void} look */
export async function each(port, tries, look) {
  let next = 0
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (next < tries.length) {
      const one = tries[next++]
      look(await send(port, one.line, one.headers, one.body), one)
    }
  }))
}

/** Tells one try. @param {Try} one */
export const told = ({ line, headers }) => [line, ...headers].join(' | ')
