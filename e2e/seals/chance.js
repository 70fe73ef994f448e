// Chance that can be repeated: the same seed gives the same run.

/** The seed of this run: SIGNET_SEED, or the same one every time. */
export const seed = Number(process.env.SIGNET_SEED || 20_260)

/** @typedef {ReturnType<typeof chanceOf>} Chance */

/** @param {string|number} name of what it is for, so that adding a test changes no other */
export function chanceOf(name) {
  let state = seed
  for (const unit of String(name)) state = Math.imul(state ^ unit.codePointAt(0), 0x9e3779b1) >>> 0
  /** A number from 0 up to but not including 1 (splitmix32). */
  const next = () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
  const below = (count) => Math.floor(next() * count)
  return {
    next,
    /** A whole number from 0 to count - 1. */
    below,
    /** True once in a while. @param {number} share from 0 to 1 */
    once: (share) => next() < share,
    /** @template T @param {ArrayLike<T>} list @returns {T} */
    of: (list) => list[below(list.length)],
    /** @param {number} count */
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => below(256))),
  }
}
