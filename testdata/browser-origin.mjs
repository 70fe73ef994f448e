// Writes browser-origin.json: return targets, and the origin to which a browser (the WHATWG
// URL parser of Node) takes each from a page of https://app.example.com.
//
//   node testdata/browser-origin.mjs > testdata/browser-origin.json

const base = 'https://app.example.com/api/auth/signin'

// Targets that a sign-in may lead to, with what Signet makes of them.
const good = {
  '/': '/', '/posts': '/posts', '/posts?page=2#top': '/posts?page=2#top', '/a/../b': '/a/../b', '/?to=//evil.example': '/?to=//evil.example',
  '/a//evil.example': '/a//evil.example', '/@evil.example': '/@evil.example', '/:evil.example': '/:evil.example', '/.evil.example': '/.evil.example',
  '/게시판?글=1': '/%EA%B2%8C%EC%8B%9C%ED%8C%90?%EA%B8%80=1', '/a b': '/a%20b', '/"<x>': '/%22%3Cx%3E', '/a%2fb': '/a%2fb', '/https://evil.example': '/https://evil.example',
  'https://app.example.com': '', 'https://app.example.com/': '/', 'https://app.example.com/x?y#z': '/x?y#z', 'https://app.example.com:443/x': '/x',
  'https://APP.example.com/x': '/x', 'https://app.example.com?x': '?x', 'https://app.example.com#x': '#x',
}

const schemes = ['https:', 'http:', 'HTTPS:', 'hTTps:', '', 'javascript:', 'data:', 'ftp:', 'blob:https:', 'file:', 'ws:', 'x:', 'vbscript:', 'about:']
const slashes = ['//', '/', '', '\\\\', '/\\', '\\/', '///', '////', '/\t/', '\t//', '//\n', '/%2f', '/%2F', '/%5c', '/%5C', '%2f%2f', '/ /', ' //']
const hosts = [
  'evil.example', 'app.example.com.evil.example', 'evil.example\\app.example.com', 'app.example.com@evil.example', 'app.example.com:x@evil.example',
  'evil.example#app.example.com', 'evil.example?app.example.com', 'app.example.com\\@evil.example', 'app.example.com%2eevil.example', 'app.example.com:444',
  'app.example.co', 'xapp.example.com', 'example.com', 'app%2eexample.com:8080', 'аpp.example.com', 'ａpp.example.com.evil.example', 'app.example.com。evil.example', '[::1]', '2130706433', '0x7f.1',
]
const wrappers = [(s) => s, (s) => ' ' + s, (s) => s + ' ', (s) => '\u0000' + s, (s) => '\u001f' + s, (s) => s + '\r\nSet-Cookie: x=1', (s) => '\ufeff' + s, (s) => '\u00a0' + s, (s) => '\u2028' + s]
const odd = [
  'https:app.example.com', 'https:/app.example.com/x', 'https:///app.example.com/x', 'https://app.example.com@evil.example/', 'https://user@app.example.com/',
  'https://user:pass@app.example.com/x', 'https://app.example.com./x', 'https://app.example.com:80/x', 'http://app.example.com/x', 'https://app.example.com:99999/',
  'https://app.example.com:/x', 'https://app.example.com//evil.example', 'https://app.example.com/\\evil.example', 'https://app.example.com/%2fevil.example',
  'https://app.example.com/a\tb', 'https://app.example.com/a\nb', 'https://app.example.com\t/x', 'https://app\n.example.com/x', 'https://app.example.com%00.evil.example/',
  'https://*.example.com/', 'https://app.example.com,evil.example/', 'https://app.example.com;evil.example/', 'https://app.example.com&evil.example/', 'https://app.example.com/%zz', '/%', '/%a', '/%g0',
  'posts', './posts', '../posts', '?x=1', '#x', ':', '::', 'a:b', 'null', 'undefined', '//', '///', '/\\', '\\', '\\\\evil.example', '/%09/evil.example', '/\u0009/evil.example', '/a\u007fb', '/a\ufffdb',
  'https://', 'https://?', 'https://#', 'https://:443', 'https://@', 'https://[', 'https://[::1', 'https://a b/', 'https://ａｐｐ.example.com/', 'https://app.example.com\u00ad/', 'https://app．example．com/',
  '/' + 'a'.repeat(2100), 'https://evil.example/' + 'a'.repeat(2100), 'mailto:a@evil.example', 'tel:1', 'intent://evil.example#Intent;end', 'view-source:https://app.example.com/',
]

const cases = []
const seen = new Set()
function add(input, to) {
  if (seen.has(input) || input === '') return
  seen.add(input)
  let origin = null
  try { origin = new URL(input, base).origin } catch {}
  cases.push(to === undefined ? { input, origin } : { input, origin, to })
}
for (const [input, to] of Object.entries(good)) add(input, to)
for (const o of odd) add(o)
for (const h of hosts) for (const s of slashes) if (s !== '' && s[0] !== '%') add(s + h)
for (const s of schemes) for (const sl of slashes) add(s + sl + 'evil.example/x')
for (const h of hosts) add('https://' + h + '/x')
for (const w of wrappers) for (const s of ['//evil.example', 'https://evil.example/x', 'javascript:alert(1)', '/\\evil.example']) add(w(s))
// A single slash makes a path of ours, whatever follows.
const refused = /^\/(\/|%2f|%5c)|[\\\u0000-\u001f\u007f\ufffd]|%(?![0-9a-f]{2})/i
const ours = cases.filter((c) => c.to === undefined && c.input[0] === '/' && c.input.length < 2000 && !refused.test(c.input) && c.input.trimEnd() === c.input)
for (const c of ours) c.to = new URL(c.input, base).href.slice('https://app.example.com'.length)

console.log(JSON.stringify({ by: 'node ' + process.version + ': new URL(input, base).origin', script: 'browser-origin.mjs', base, cases }, null, 0).replaceAll('{"input"', '\n{"input"'))
