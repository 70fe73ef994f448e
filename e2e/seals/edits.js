// Edits of values, and of what is inside of them.
import { readable } from './payloads.js'

/** @typedef {import('./chance.js').Chance} Chance */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const strange = ['=', '+', '/', '.', '*', '~', ' ', '\n', '\t', '%', '\0', 'é', '한', '\u{1f511}', '\u017f', '"', ',']

/** One edit of a value as a text. @param {Chance} c @param {string} value @param {string} other another value of the format @param {string} mark between its parts */
export function editText(c, value, other, mark) {
  const at = c.below(value.length)
  const parts = value.split(mark)
  const which = c.below(parts.length)
  const part = (change) => parts.with(which, change(parts[which])).join(mark)
  return c.of([
    () => value.slice(0, at) + c.of(alphabet) + value.slice(at + 1),
    () => value.slice(0, at) + c.of(strange) + value.slice(at + 1),
    () => value.slice(0, at) + c.of(strange) + value.slice(at),
    () => value.slice(0, at) + value.slice(at + 1),
    () => value.slice(0, at),
    () => value.slice(at),
    () => value + c.of([...strange, '==', 'A', 'AA', '~2', '.e30', value]),
    () => c.of(strange) + value,
    () => part((text) => text + c.of(['=', '==', ' ', '\n', '\r\n', 'A'])),
    () => part((text) => ' ' + text),
    () => part(() => ''),
    () => part((text) => text.replaceAll('-', '+').replaceAll('_', '/')), // the other alphabet
    () => part((text) => text.replace('-', '+')),
    () => part((text) => text.slice(0, -1) + neighbour(c, text.at(-1) ?? 'A')), // unused bits
    () => part((text) => c.of([text.toUpperCase(), text.toLowerCase()])),
    () => part(() => other.split(mark)[which] ?? ''),
    () => parts.toSpliced(which, 1).join(mark),
    () => parts.toSpliced(which, 0, parts[which]).join(mark),
    () => other.slice(0, at) + value.slice(at),
  ])()
}

// Another letter whose leading bits are those of this one.
function neighbour(c, letter) {
  const index = alphabet.indexOf(letter)
  return index < 0 ? 'A' : alphabet[index ^ (1 + c.below(c.of([3, 15])))]
}

const fragments = [
  '"exp":1', '"EXP":1,', '"exp":null,', '"\\u0065xp":9e9,', '"Exp":', '"iat":"1",', '"nbf":9e9,', '"sub":1,', '"sub":null,', '"ſub":"x",',
  '"__proto__":{"admin":true},', '"__\\u0070roto__":1,', '"a":1,"a":2,', '"a":1,"A":2,', '"K":1,"\u212a":2,', '"é":1,"É":2,',
  '"constructor":{"prototype":1},', '"persistent":{"a":1},', '{"":0}', '[[[[', ']]', '{', '}', '[', ']', ',', ':', '"', '\\', '\\u0000', '\\ud800', '\\udc00\\ud800',
  '\\ud83d\\ude00', '\\u00e9', '\\x41', '\0', '\u0001', '\t', ' ', '\n', '\u00a0', '\ufeff', '\u2028', 'null', 'true', 'True', 'NaN', 'Infinity',
  '-', '-0', '01', '.5', '1.', '1e5', '1E+05', '1e999', '-1e999', '0x10', '+1', '123456789012345678901234567890', '/**/', "'a'",
]

/** Edits of JSON as bytes: most of what comes out is no JSON, some is JSON of a doubtful kind. @param {Chance} c @param {string} text */
export function editJSON(c, text) {
  const bytes = Buffer.from(text)
  const at = c.below(bytes.length + 1)
  const insert = (...parts) => Buffer.concat([bytes.subarray(0, at), ...parts.map((part) => Buffer.from(part)), bytes.subarray(at)])
  return c.of([
    () => insert(c.of(fragments)),
    () => insert(c.of(fragments), c.of(fragments)),
    () => Buffer.from(text.replace('{', '{' + c.of(fragments))),
    () => Buffer.from(text.replace(/}$/, c.of([',"a":1,"b":{"a":1,"A":1}}', ',"id":1,"ID":2}', ',}', '}}', '} ', '}\n{}', '}\0', '', ',"ſ":1,"s":2}', ',"x":"\\u0000"}', ',"\\u0000":1}', ',"\\ud800":1}', ',"x":"\\udfff"}', ',"x":{"__proto__":1}}', ',"deep":' + '['.repeat(70) + ']'.repeat(70) + '}']))),
    () => insert([c.below(256)]),
    () => bytes.length === 0 ? bytes : Buffer.concat([bytes.subarray(0, at), Buffer.from([c.below(256)]), bytes.subarray(at + 1)]),
    () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + c.below(4)))]),
    () => bytes.subarray(0, at),
    () => Buffer.from(c.of(['', ' ', 'null', '1', '"a"', '[]', '[{"a":1}]', '{}', 'true', '\ufeff{"a":1}', '\xff', '{"a":1}{"a":1}'])),
    () => Buffer.concat([Buffer.from(c.of(['\ufeff', ' ', '\n', '\0'])), bytes]),
    () => Buffer.from(text, 'utf16le'),
    () => Buffer.from(text, 'latin1'),
  ])()
}

/** Whether JSON.parse of this Node.js can be trusted with these bytes: see payloads.js.
 * @param {Buffer} bytes */
export function trusted(bytes) {
  const names = bytes.toString('utf8').match(/"(?:[^"\\]|\\.)*"(?=\s*:)/gs) ?? []
  return names.every((name) => {
    try { return readable(JSON.parse(name)) } catch { return true }
  })
}

/** A time that somebody might write, in seconds, as JSON. @param {Chance} c @param {number} now seconds */
export function time(c, now) {
  return c.of([
    () => `${now + c.below(41) - 20}`,
    () => `${now + c.below(41) - 20}.${c.of(['0', '5', '001', '999'])}`,
    () => `${now + 3600}`,
    () => c.of(['0', '-1', '1e10', '1E10', '9e9', '253402300799', '253402300800', '-62135596800', '-62135596801', '1e21', '1e999', '-1e999', '9007199254740993', '-0', '1.5e9', '4102444800.25']),
    () => c.of(['null', 'true', '""', `"${now + 3600}"`, '[]', '{}', `[${now + 3600}]`, '"Infinity"']),
  ])()
}
