// Writes golden.json: Set-Cookie lines and readings of Cookie headers by Auth.js itself.
// Made with next-auth@4.24.15 (cookie@0.7.2) and @auth/core@0.41.3, both installed in one
// folder:
//
//	node golden.mjs FOLDER > golden.json
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import path from 'node:path'

const folder = path.resolve(process.argv[2], 'node_modules')
const load = (file) => import(pathToFileURL(path.join(folder, file)))
const require = createRequire(path.join(folder, 'x.js'))

const v5 = { ...(await load('@auth/core/lib/utils/cookie.js')), ...(await load('@auth/core/lib/vendored/cookie.js')) }
const v4 = { ...require('./next-auth/core/lib/cookie.js'), ...require('cookie') }

const end = new Date('2026-12-21T08:49:46.627Z')
const values = {
  sessionToken: 'eyJhbGciOiJkaXIifQ..c2VhbGVk.dGFn_-x',
  callbackUrl: 'https://app.example/경로?x=1&y=a b#c',
  csrfToken: '61e2a5cc|366d35bf',
  pkceCodeVerifier: 'eyJ.verifier',
  state: 'eyJ.state',
  nonce: 'eyJ.nonce',
  webauthnChallenge: 'eyJ.challenge',
}
const ends = ['sessionToken', 'pkceCodeVerifier', 'state', 'nonce', 'webauthnChallenge']

const written = []
for (const [version, auth] of Object.entries({ v4, v5 }))
  for (const scheme of ['http', 'https'])
    for (const [kind, { name, options }] of Object.entries(auth.defaultCookies(scheme === 'https'))) {
      const expires = ends.includes(kind) ? end : undefined
      written.push({
        version, scheme, kind, name,
        value: values[kind],
        maxAge: options.maxAge ?? 0,
        expires: expires ? Math.floor(expires / 1000) : 0,
        set: auth.serialize(name, values[kind], { ...options, expires }),
        clear: auth.serialize(name, '', { ...options, maxAge: 0 }),
      })
    }

// Attributes as an app's own configuration may give them.
const own = [
  { domain: 'example.com', path: '/app', secure: true, sameSite: 'none', httpOnly: true, maxAge: 86400 },
  { domain: '.example.com', path: '/', sameSite: 'strict', httpOnly: true },
  { path: '/', httpOnly: false, sameSite: 'lax', expires: end },
  { path: '/', httpOnly: true, expires: end },
].map((options) => ({
  options: { ...options, expires: options.expires ? Math.floor(options.expires / 1000) : 0 },
  set: v5.serialize('theirs', 'v', options),
  clear: v5.serialize('theirs', '', { ...options, maxAge: 0, expires: undefined }),
}))

const texts = [
  '', 'plain', "AZaz09-_.!~*'()", ' "#$%&+,/:;<=>?@[\\]^`{|}', '\t\r\n\0\x7f', '한글 값', '😀👍🏽', 'é\u0301', '100%', '%41',
]
const encoded = texts.map((value) => ({ value, wire: encodeURIComponent(value) }))

const raw = [
  'plain', 'a%20b', 'a+b', '%ED%95%9C', '%ed%95%9c', '%', '%4', '%zz', '100%', '%E0%A4', '%C0%80', '%ED%A0%80',
  '%F4%90%80%80', '%80', '%ED%95x', 'x%25', '%2525', '%41%', 'a|b', 'a%7Cb', '%00', '%F0%9F%98%80!',
]
const decoded = raw.map((wire) => ({ wire, value: v5.parse('n=' + wire).n }))

const headers = [
  'n=1', ' n=1', 'a=0; n=1', 'a=0;n=1', 'a=0 ;\t n=1 ', 'n=1; n=2', 'N=1', 'n', 'n=', 'n==', 'n=a=b', '=x; n=1', ';;; n=1;',
  'novalue; n=1', 'n="1"', 'n="a b"', 'n="a; b"', 'q="; n=1', 'e=\x01\x02; n=1', 'a={"k":[1,2]}; n=1', 'a=b,n=2; n=1',
  'nn=2; xn=3', '', ' ', 'a=\\; n=1', '__proto__=1; n=2', 'n = 1',
]
const read = headers.map((header) => ({ header, value: v5.parse(header).n ?? null }))

console.log(JSON.stringify({
  by: 'next-auth@4.24.15, @auth/core@0.41.3', script: 'golden.mjs', written, own, encoded, decoded, read,
}, null, 1))
