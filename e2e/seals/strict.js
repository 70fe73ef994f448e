// The rules by which Signet refuses what the packages take, written down once more and
// independently: the documents call them the stricter ones. Whatever else Signet refuses and
// a package takes is a bug.

/** Why readers may disagree about this JSON, or '' where they cannot.
 * @param {Buffer} bytes @param {{ script?: boolean }} [options] script: values may hold NUL and half pairs, as iron's do */
export function ambiguous(bytes, { script = false } = {}) {
  const text = bytes.toString('utf8')
  if (!Buffer.from(text).equals(bytes)) return 'not UTF-8'
  if (text.startsWith('\ufeff')) return 'byte order mark'
  let parsed
  try { parsed = JSON.parse(text) } catch { return '' } // no JSON for anybody
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) return 'not an object'
  return walk(text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:]|[^\s"{}[\]:,]+/gs), script)
}

// JSON that is right, as tokens.
function walk(tokens, script) {
  const open = []
  let deepest = 0
  let found = ''
  tokens.forEach((token, at) => {
    if (token === '{' || token === '[') deepest = Math.max(deepest, open.push(token === '{' ? new Set() : null))
    else if (token === '}' || token === ']') open.pop()
    else if (token[0] === '"') found ||= odd(JSON.parse(token), tokens[at + 1] === ':' ? open.at(-1) : null, script)
  })
  return deepest > 64 ? 'more than 64 levels' : found
}

// names: those before this one in its object; null for a value.
function odd(text, names, script) {
  if (!(script && !names)) {
    if (!text.isWellFormed()) return 'half a surrogate pair'
    if (text.includes('\0')) return 'NUL in a text'
  }
  if (!names) return ''
  if (script && text === '__proto__') return 'a name __proto__'
  const folded = fold(text)
  if (names.has(folded)) return 'a name twice'
  names.add(folded)
  return ''
}

// One text for all that differ in case only, sign by sign.
const fold = (text) => Array.from(text, (sign) => {
  const upper = sign.toUpperCase()
  const one = Array.from(upper).length === 1 ? upper : sign
  const lower = one.toLowerCase()
  return Array.from(lower).length === 1 ? lower : one
}).join('')

/** Whether text is the one spelling of its bytes in base64url. @param {string} text */
export const canonical = (text) => Buffer.from(text, 'base64url').toString('base64url') === text

/** The rules of compact tokens. @param {string} token @param {number} parts */
export function tokenRule(token, parts) {
  if (token.length > 16 << 10) return 'longer than 16 KiB'
  const texts = token.split('.')
  return texts.length !== parts || !texts.every(canonical) ? 'another spelling' : ''
}

const years = (time) => typeof time === 'number' && time >= -62135596800 && time <= 253402300799

/** The rules of claims that are an object. @param {object} claims */
export function claimsRule(claims) {
  if (!Object.hasOwn(claims, 'exp')) return 'no end'
  for (const name of ['exp', 'nbf', 'iat']) {
    if (!Object.hasOwn(claims, name)) continue
    if (typeof claims[name] !== 'number') return 'a time that is no number'
    if (!years(claims[name])) return 'a time outside of the years 1 to 9999'
  }
  return ''
}

const texts = (claims, names) => names.every((name) => !Object.hasOwn(claims, name) || typeof claims[name] === 'string')

/** @param {object} claims of a session that is signed */
export const subRule = (claims) => texts(claims, ['sub']) ? '' : 'a sub that is no text'

/** Names in a token of others are judged, too. @param {object} claims */
export function verifierRule(claims) {
  if (!texts(claims, ['iss', 'sub', 'jti'])) return 'a name that is no text'
  return claims.sub === '' || Buffer.byteLength(claims.sub ?? '') > 255 ? 'a sub of no or too many letters' : ''
}

/** The rules of a JWS header. @param {Record<string, any>} header @param {string[]} others ids of keys that did not sign */
export function jwsHeaderRule(header, others) {
  const { typ, kid } = header
  if (['crit', 'b64', 'zip'].some((name) => Object.hasOwn(header, name))) return 'a header extension'
  if ([typ, kid].some((text) => text !== undefined && typeof text !== 'string')) return 'a header member of another type'
  if (typ && !/^(application\/)?jwt$/i.test(typ)) return 'typ of another kind of token'
  if (Buffer.byteLength(kid ?? '') > 256) return 'a long kid'
  return others.includes(kid) ? 'kid of another key' : ''
}

/** The rules of a JWE header. @param {Record<string, any>} header @param {string[]} encs those of the version */
export function jweHeaderRule(header, encs) {
  if (header.alg !== 'dir' || !encs.includes(header.enc)) return 'another algorithm'
  // RFC 7519 section 5.3: claims repeated here would have to be those inside.
  if (['iss', 'sub', 'aud'].some((name) => Object.hasOwn(header, name))) return 'a claim in the header'
  if (['zip', 'crit', 'b64', 'epk', 'apu', 'apv', 'p2s', 'p2c', 'iv', 'tag'].some((name) => Object.hasOwn(header, name))) return 'a header extension'
  if (header.kid !== undefined && typeof header.kid !== 'string') return 'a header member of another type'
  return Buffer.byteLength(header.kid ?? '') > 256 ? 'a long kid' : ''
}
