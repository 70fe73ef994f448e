// Mutants: values of which it is known what is inside, and by which rule, if by any, Signet
// refuses what a package may take.
import { deflateRawSync } from 'node:zlib'
import { spell } from './payloads.js'
import { ambiguous, canonical, claimsRule, jweHeaderRule, jwsHeaderRule, subRule, tokenRule, verifierRule } from './strict.js'
import { authKeyID, fe26, jwe, jws } from './forge.js'
import { editJSON, editText, time, trusted } from './edits.js'
import { passwords } from './subjects.js'

/** @typedef {import('./chance.js').Chance} Chance */
/** @typedef {{ value: string, rule: string }} Mutant rule: why Signet has to refuse it, or '' */

/** Makes the mutants of a subject. @param {Chance} c @param {import('./subjects.js').Subject} subject @param {number} now milliseconds
 * @returns {() => Mutant} */
export function mutantsOf(c, subject, now) {
  const forge = { iron: forgeSeal, jws: forgeJWS, jwe: forgeJWE }[subject.kind]
  const mark = subject.kind === 'iron' ? '*' : '.'
  let last = forge(c, subject, now).value
  return () => {
    const made = forge(c, subject, now)
    const value = c.once(0.25) ? editText(c, made.value, last, mark) : made.value
    last = made.value
    return { value, rule: textRule(subject, value) || made.rule() }
  }
}

function textRule({ kind }, value) {
  if (kind !== 'iron') return tokenRule(value, kind === 'jws' ? 3 : 5)
  if (!value.endsWith('~2') || value.indexOf('~') !== value.length - 2) return 'another suffix than ~2'
  const fields = value.slice(0, -2).split('*')
  if (![3, 4, 7].every((at) => canonical(fields[at] ?? ''))) return 'another spelling'
  if (/^0/.test(fields[5] ?? '')) return 'an expiration with a leading zero'
  return [2, 6].every((at) => Buffer.byteLength(fields[at] ?? '') === 64) ? '' : 'a salt of another size'
}

const object = (bytes) => {
  try { return JSON.parse(bytes) } catch { return {} } // no reader takes what is no JSON
}

// --- contents ---------------------------------------------------------------------------

/** JSON of claims that are good, doubtful or no JSON at all. @param {Chance} c @param {[string, string][]} times members as JSON */
function contents(c, times) {
  for (;;) {
    const members = [...c.of(users), ...times].map(([name, value]) => `${JSON.stringify(name)}:${value}`)
    if (c.once(0.1)) members.push(members[c.below(members.length)])
    if (c.once(0.3)) members.reverse()
    const text = `{${members.join(c.once(0.9) ? ',' : ' ,\n')}}`
    const bytes = c.once(0.4) ? editJSON(c, text) : Buffer.from(c.once(0.1) ? respelt(c, text) : text)
    if (trusted(bytes)) return bytes
  }
}

const users = [
  [['name', '"김민수"'], ['email', '"minsu@example.com"'], ['sub', '"1"']],
  [['user', '{"id":1,"roles":["a","b"],"n":1e21}'], ['text', '"\\u0041\\n/"']],
  [['a', '-0'], ['b', '[[],{},null,true,0.5]'], ['', '""']],
  [['sub', '"7"'], ['email', 'null']],
]

function respelt(c, text) {
  try { return spell(c, JSON.parse(text)) } catch { return text }
}

// --- JWT --------------------------------------------------------------------------------

function times(c, now) {
  const seconds = Math.floor(now / 1000)
  const list = []
  if (c.once(0.9)) list.push(['iat', c.once(0.8) ? `${seconds - 5}` : time(c, seconds)])
  if (c.once(0.95)) list.push(['exp', c.once(0.6) ? `${seconds + 600}` : time(c, seconds)])
  if (c.once(0.15)) list.push(['nbf', time(c, seconds)])
  return list
}

const headerExtras = [
  '"typ":"JWT"', '"typ":"jwt"', '"typ":"application/jwt"', '"typ":"at+jwt"', '"typ":""', '"typ":null', '"typ":["JWT"]', '"cty":"JWT"',
  '"kid":"1"', '"kid":"2"', '"kid":"3"', '"kid":""', '"kid":1', '"kid":null', `"kid":"${'k'.repeat(257)}"`, '"kid":"../../dev/null"',
  '"crit":["exp"]', '"crit":[]', '"crit":["b64"],"b64":true', '"b64":true', '"b64":false', '"zip":"DEF"', '"zip":null',
  '"jwk":{"kty":"oct","k":"AA"}', '"jku":"http://127.0.0.1/"', '"x5c":[]', '"p2c":1', '"apu":"AA"', '"epk":{}', '"iv":"AA"', '"x":{"x":1}',
  '"alg":"none"', '"ALG":"none"', '"\\u0061lg":"HS256"', '"enc":"A256GCM"', '"Enc":"x"', '"sub":"1"', '"sub":1', '"iss":"x"', '"aud":[]',
]

function header(c, members) {
  const list = [...members]
  for (let left = c.of([0, 0, 0, 1, 1, 2]); left > 0; left--) list.splice(c.below(list.length + 1), 0, c.of(headerExtras))
  const text = `{${list.join(',')}}`
  const bytes = c.once(0.1) ? editJSON(c, text) : Buffer.from(text)
  return trusted(bytes) ? bytes : Buffer.from(`{${members.join(',')}}`)
}

function forgeJWS(c, { algorithm, secret, sign }, now) {
  const named = c.once(0.85) ? algorithm : c.of(['HS256', 'HS384', 'HS512', 'none', 'RS256', 'ES256', algorithm.toLowerCase(), `${algorithm} `, ''])
  const head = header(c, c.once(0.97) ? [`"alg":${c.once(0.98) ? JSON.stringify(named) : c.of(['null', '1', '["HS256"]'])}`] : [])
  const payload = contents(c, times(c, now))
  const by = c.once(0.9) || !/^HS(256|384|512)$/.test(named) ? algorithm : named
  const key = c.once(0.97) ? secret : c.of(['', 'another secret of good length..'])
  return {
    value: sign ? sign(head, payload) : jws(head, payload, key, by),
    rule: () => ambiguous(head) || jwsHeaderRule(object(head), sign ? [] : ['1']) || ambiguous(payload) || claimsRule(object(payload)) || (sign ? verifierRule : subRule)(object(payload)),
  }
}

// --- Auth.js ----------------------------------------------------------------------------

const encs = { 4: ['A256GCM'], 5: ['A256CBC-HS512', 'A256GCM'] }

function forgeJWE(c, { major, secret, salt }, now) {
  const enc = c.once(0.8) ? encs[major][0] : c.of(['A256GCM', 'A256CBC-HS512', 'A128CBC-HS256'])
  const odd = { wrap: c.once(0.03) }
  const namedEnc = c.once(0.95) ? enc : c.of(['A256GCM', 'A256CBC-HS512', 'A128GCM', 'A128CBC-HS256', 'a256gcm', ''])
  const alg = c.once(0.95) ? (odd.wrap ? 'A256KW' : 'dir') : c.of(['A256KW', 'DIR', 'PBES2-HS256+A128KW', 'RSA-OAEP', 'none', ''])
  const members = [`"alg":${JSON.stringify(alg)}`, `"enc":${JSON.stringify(namedEnc)}`]
  if (c.once(major === 5 ? 0.7 : 0.1)) members.push(`"kid":${JSON.stringify(authKeyID(secret, salt, enc))}`)
  const plain = contents(c, times(c, now))
  const packed = c.once(0.03)
  if (packed) members.push('"zip":"DEF"')
  const head = header(c, members)
  if (c.once(0.03)) odd.encryptedKey = c.of(['AA', 'AAAA', Buffer.alloc(40).toString('base64url')])
  if (c.once(0.03) && enc === 'A256GCM') odd.iv = Buffer.alloc(c.of([8, 13, 16]), 7)
  return {
    value: jwe(head, packed ? deflateRawSync(plain) : plain, secret, salt, enc, odd),
    rule: () => ambiguous(head) || jweHeaderRule(object(head), encs[major]) || ambiguous(plain) || claimsRule(object(plain)),
  }
}

// --- iron -------------------------------------------------------------------------------

function forgeSeal(c, _, now) {
  const plain = contents(c, [])
  const id = c.once(0.85) ? c.of(['10', '9', '2']) : c.of(['', '1', '010', '10.0', '3', 'constructor', '__proto__', 'toString', 'a_b', '1e1', '-1', '한'])
  const fields = { id, expiration: c.once(0.5) ? `${now + 600_000}` : expiration(c, now) }
  if (c.once(0.03)) fields.prefix = c.of(['Fe26.1', 'fe26.2', 'Fe26.2 ', 'Fe26.3', '', 'Fe26'])
  if (c.once(0.03)) fields.salt = salt(c)
  if (c.once(0.03)) fields.macSalt = salt(c)
  if (c.once(0.03)) fields.iv = Buffer.alloc(c.of([0, 12, 15, 17, 32]), 7)
  if (c.once(0.03)) fields.ciphertext = Buffer.alloc(c.of([0, 1, 15, 16, 17, 32]), 7)
  if (c.once(0.03)) fields.mac = (text) => c.of([text + '=', text + ' ', text.slice(0, -1), text.toUpperCase(), '', text.replaceAll('-', '+').replaceAll('_', '/')])
  const suffix = c.once(0.9) ? '~2' : c.of(['', '~', '~1', '~02', '~2x', '~ 2', '~2~', '~2~1', '~3', '~~2', '~2.0', '~two', '~2 '])
  return {
    value: fe26(plain, Object.hasOwn(passwords, id) ? passwords[id] : passwords[10], fields) + suffix,
    rule: () => emptyRule(plain) || ambiguous(plain, { script: true }),
  }
}

// iron-webcrypto 0.2 and 1.2 make null of nothing at all.
const emptyRule = (plain) => plain.length === 0 ? 'nothing inside' : ''

const salt = (c) => c.of(['', 'a'.repeat(63), 'A'.repeat(64), 'z'.repeat(64), 'a'.repeat(65), '한'.repeat(64), 'a'.repeat(128)])

function expiration(c, now) {
  return c.of([
    () => '',
    () => `${now + c.below(2001) - 1000}`,
    () => `${now - 60_000 + c.below(5) - 2}`, // the clock skew ends here
    () => `${now - c.below(120_000)}`,
    () => `0${now + 600_000}`,
    () => `${now + 600_000}${c.of(['.5', '.0', 'e1', ' ', '0', '000000000', '한'])}`,
    () => c.of(['0', '-1', '+1', '1e15', '99999999999999999999999999', '9007199254740993', 'Infinity', 'NaN', '0x1', ' ', '１２']),
  ])()
}
