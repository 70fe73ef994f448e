// Random session contents, and random ways to write them down.

// What text is made of. No half of a surrogate pair: no two readers agree on those.
const scripts = [
  (c) => String.fromCodePoint(0x20 + c.below(0x5f)),
  (c) => String.fromCodePoint(0xac00 + c.below(11_172)), // Hangul, whole syllables
  (c) => String.fromCodePoint(0x1100 + c.below(0x12)) + String.fromCodePoint(0x1161 + c.below(0x15)), // and in letters
  (c) => c.of(['👩‍👩‍👧‍👦', '🏳️‍🌈', '👍🏽', '🇰🇷', '𝄞', '😀', '\u{10ffff}', '\u{1f}', '\u{10000}']),
  (c) => c.of(['e\u0301', 'o\u0308\u0323', '가\u0301', 'Ω\u0345', 'n\u0303\u0303\u0303', '\u0301']),
  (c) => c.of(['\u0001', '\b', '\t', '\n', '\f', '\r', '\u001f', '\u007f', '\u0080', '\u2028', '\u2029', '\ufeff', '\uffff', '\ufffd', '\u200f']),
  (c) => c.of(['"', '\\', '/', '\\u0000', '\\"', '<', '>', '&', "'", '~2', '*', '.', '%00', '${x}', '{}', 'شلم', 'ภาษา', 'ß', 'İ', 'ſ']),
]
const numbers = [
  0, 1, -1, 0.1, -0.5, 1 / 3, 1e21, 1e-7, -1e21, 5e-324, 1.7976931348623157e308, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 53,
  123456789012345680000, 4294967296, -2147483648, 0.30000000000000004, 1e300, 100, 1700000000000,
]
const oddNames = [
  '', ' ', '0', '-1', '10', 'a.b', 'a[0]', '__proto', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'length',
  'persistent', '~2', 'null', '"', '\n', '이름', '👤', 'e\u0301', 'user', 'id', 'email', 'name', 'picture', 'role',
]
// Those that a format owns, and those that a package looks into, are not a payload's.
const owned = ['iat', 'exp', 'nbf', 'jti', 'sub', 'iss', 'aud', '__proto__']

/** Whether JSON.parse of Node.js 24.21 can be trusted with a name: after {"a":1,"\\":1} it reads
 * {"a":1,"\u0042":1} as {"a":1,"\\":1}, since V8 compares with the name that came last time. */
export const readable = (name) => !name.endsWith('\\')

/** @typedef {import('./chance.js').Chance} Chance */

/** @param {Chance} c @param {number} room how many bytes of JSON there may be
 * @param {(name: string) => boolean} [allowed] which names its members may have */
export function payload(c, room, allowed = () => true) {
  const object = members(c, 1 + c.below(6), 3)
  for (const name of Object.keys(object)) if (!allowed(name)) delete object[name]
  // One in twelve is large, up to what fits.
  if (c.once(1 / 12)) object.large = text(c, 40).repeat(1 + c.below(60))
  const free = room - Buffer.byteLength(JSON.stringify(object))
  if (free < 0) return payload(c, room, allowed)
  if (c.once(1 / 24)) object.filler = 'x'.repeat(c.below(Math.max(1, free - 20)))
  if (c.once(1 / 24)) object.deep = nested(c, 40)
  return Buffer.byteLength(JSON.stringify(object)) > room ? payload(c, room, allowed) : object
}

function members(c, count, depth) {
  const object = {}
  const taken = new Set(owned)
  for (let left = count; left > 0; left--) {
    const name = c.once(0.4) ? c.of(oddNames) : text(c, 6)
    // Signet refuses names that differ in case only.
    const folded = name.toUpperCase().toLowerCase()
    if (taken.has(folded) || taken.has(name) || !readable(name)) continue
    taken.add(folded)
    object[name] = value(c, depth)
  }
  return object
}

function value(c, depth) {
  const kind = c.below(depth > 0 ? 10 : 7)
  if (kind < 3) return text(c, 12)
  if (kind < 5) return number(c)
  if (kind === 5) return c.of([true, false, null, ''])
  if (kind === 6) return c.of([{}, []]) && (c.once(0.5) ? {} : [])
  if (kind < 9) return members(c, c.below(5), depth - 1)
  return Array.from({ length: c.below(5) }, () => value(c, depth - 1))
}

function nested(c, depth) {
  let inner = value(c, 0)
  for (; depth > 0; depth--) inner = c.once(0.5) ? [inner] : { [c.of(['a', 'b', '속'])]: inner }
  return inner
}

function text(c, longest) {
  const script = c.of(scripts)
  let out = ''
  for (let left = c.below(longest + 1); left > 0; left--) out += (c.once(0.2) ? c.of(scripts) : script)(c)
  return out
}

function number(c) {
  if (c.once(0.5)) return c.of(numbers)
  return c.once(0.5) ? c.below(2 ** 31) - 2 ** 30 : (c.next() - 0.5) * 10 ** (c.below(40) - 20)
}

/** Writes a value as JSON in one of the many ways that mean the same.
 * @param {Chance} c @param {any} value @returns {string} */
export function spell(c, value) {
  const gap = () => c.once(0.05) ? c.of([' ', '\n', '\t', '\r\n  ']) : ''
  if (typeof value === 'string') return spellText(c, value)
  if (typeof value === 'number') return spellNumber(c, value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const [open, close, parts] = Array.isArray(value)
    ? ['[', ']', value.map((item) => spell(c, item))]
    : ['{', '}', Object.entries(value).map(([name, item]) => `${spellText(c, name)}${gap()}:${gap()}${spell(c, item)}`)]
  return open + gap() + parts.map((part) => part + gap()).join(',' + gap()) + close
}

function spellText(c, value) {
  if (!c.once(0.2)) return JSON.stringify(value)
  const escaped = (unit) => {
    const hex = unit.charCodeAt(0).toString(16).padStart(4, '0')
    return '\\u' + (c.once(0.5) ? hex : hex.toUpperCase())
  }
  let out = ''
  for (const sign of value) out += c.once(0.4) ? sign.split('').map(escaped).join('') : JSON.stringify(sign).slice(1, -1).replace('/', c.of(['/', '\\/']))
  return `"${out}"`
}

function spellNumber(c, value) {
  if (value === 0) return c.of(['0', '-0', '0.0', '0e5', '-0.0e-1'])
  const plain = JSON.stringify(value)
  return c.of([plain, plain, plain.replace('e', 'E'), value.toExponential(), value.toExponential().toUpperCase()])
}
