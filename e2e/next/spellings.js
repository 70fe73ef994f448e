// How the paths of a Next.js application can be written, and what Next.js has beside the page of each.

/** Every page that is closed to strangers. The middleware of the application guards two of them, by itself. */
export const closed = [
  '/admin', '/admin/7', '/admin/fixed', '/admin/guarded', '/api/admin/keys', '/post/private',
  '/admin/board', '/admin/board/1', '/admin/paper', '/admin/export', '/admin/guarded/vault', '/note/private', '/admin/plan.gif',
]

/** What anybody may see. */
export const open = ['/', '/about', '/ko/about', '/open', '/post/1', '/note/1', '/_next/data/sample/en/about.json', '/_next/data/sample/post/1.json', '/nowhere']

/** What Next.js itself makes of a page: with a language, as data, as components, in segments. */
export function forms(path) {
  const data = (id, locale) => `/_next/data/${id}${locale}${path}.json`
  return [
    ...['', '/en', '/ko', '/EN', '/Ko'].flatMap((locale) => [locale + path, `${locale}${path}.rsc`, data('sample', locale), data('other', locale), `${locale}${data('sample', '')}`]),
    `/en${data('sample', '/ko')}`, data('sample', '/index'), data('sample', '/en/ko'), `/_next/data/sample${path}`, `/_next/data${path}.json`,
    ...['.prefetch.rsc', '.json', '.html', '.txt', '.rsc.json', '/index', '/index.rsc', '/index.json'].map((end) => path + end),
    ...['_tree', '_full', '_index', '_head', `${path.slice(1)}/__PAGE__`].map((segment) => `${path}.segments/${segment}.segment.rsc`),
    `/en${path}.segments/_tree.segment.rsc`, `/index${path}`, `/en/en${path}`, `/ko/en${path}`, `/de${path}`,
    ...['_rsc=1', '__nextDataReq=1', '__nextLocale=ko&__nextDefaultLocale=ko', 'amp=1', 'nxtPid=1', 'x=/about'].map((query) => `${path}?${query}`),
  ]
}

/** The same path in other letters: what servers, proxies and frameworks read differently. */
export function disguises(path) {
  const [first, ...more] = path.slice(1).split('/')
  const tail = more.length > 0 ? `/${more.join('/')}` : ''
  const hex = (text) => [...text].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')
  const all = path.replace(/[a-z]/g, hex)
  const starts = [
    '/', '//', '/.', '/%2e', '/x/..', '/x/%2e%2e', '/x/.%2e', '/about/..', '/about/..;', '/.;', '/;', '/x/..%2f', '/x%2f..', '/x/..%5c', '/about\\..', '/x/%252e%252e', '/%c0%ae%c0%ae',
    '/_next/..', '/_next/static/../..', '/_next/data/sample/../../..', '/en/', '/en/.', '/ko/..',
  ]
  const ends = ['/', '//', '/.', '/%2e', '/%2e/', '/x/..', '/x/%2e%2e', ';', ';x=1', '%3bx', '%00', '%20', '%09', '%0a', '.', '%2e', '%23', '%3f', '?', '??', '#', '#/about', '&x', ',x', '%', '%e2%80%8b', '%c0%af']
  return [
    path.toUpperCase(), `/${first[0].toUpperCase()}${path.slice(2)}`, `/${hex(path[1])}${path.slice(2)}`, all, all.toUpperCase(), all.replaceAll('%', '%25'), `/en${all}`, `/%65n${path}`, `/%ef%bd%81${path.slice(2)}`,
    ...starts.map((start) => `${start}${path}`), ...ends.map((end) => path + end),
    ...['%2f', '%5c', '\\', '//', '/./', ';x=1/'].map((between) => `/${first}${between}${tail.slice(1)}`), ...['\\', '/\\', '/%2f', '/%5c'].map((start) => start + path.slice(1)),
    `/_next/data/sample${all}.json`, `/_next/%64ata/sample${path}.json`, `/_next%2fdata/sample${path}.json`, `/_next/data/sample/${path}.json`, `/_next/data/sample/en/x/..${path}.json`, `/_next/data/sample/ko${path}.json?x=1`,
    `/_next/data/%2e%2e/sample${path}.json`, `/en/%5fnext/data/sample${path}.json`, `/e%6e/_next/data/sample${path}.json`, `/en//_next/data/sample${path}.json`,
  ]
}

/** All of them, each once. @param {string} path */
export const spellings = (path) => [...new Set([...forms(path), ...disguises(path)])]
