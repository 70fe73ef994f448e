// One origin for a page and a session server, as a front end behind a reverse proxy has it:
// `/`, `/members`, `/app.js` and the icon come from here, everything else from the server behind.
import { createServer, request } from 'node:http'

/**
 * @typedef {object} Origin
 * @property {string} url       `http://localhost:PORT`, without a trailing slash
 * @property {Seen[]} seen      every request that went to the server behind, oldest first
 * @property {(port: number) => void} forwardTo  names the port of the server behind
 * @property {() => Promise<void>} close
 *
 * @typedef {{ method: string, path: string, status: number }} Seen
 */

const shell = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>app</title></head>
<body><div id="root"></div><script src="/app.js"></script></body></html>
`

const icon = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'

/** Listens on a free port. `script` is the bundle that the page loads.
 * @param {string} script @returns {Promise<Origin>} */
export async function openOrigin(script) {
  /** @type {Seen[]} */ const seen = []
  let upstream = 0
  const server = createServer((req, res) => {
    const path = new URL(req.url, 'http://localhost').pathname
    if (path === '/' || path === '/members') return answer(res, 'text/html; charset=utf-8', shell)
    if (path === '/app.js') return answer(res, 'text/javascript; charset=utf-8', script)
    if (path === '/favicon.ico') return answer(res, 'image/svg+xml', icon)
    forward(req, res, upstream, (status) => seen.push({ method: req.method, path: req.url, status }))
  })
  const port = await listen(server)
  return {
    url: `http://localhost:${port}`,
    seen,
    forwardTo: (port) => { upstream = port },
    close: () => closeServer(server),
  }
}

/** Listens on a free loopback port and answers it.
 * @param {import('node:http').Server} server */
export function listen(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
}

/** @param {import('node:http').Server} server */
export function closeServer(server) {
  return new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
}

function answer(res, type, body) {
  res.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' })
  res.end(body)
}

function forward(req, res, port, done) {
  const out = request({ host: '127.0.0.1', port, method: req.method, path: req.url, headers: req.headers }, (back) => {
    done(back.statusCode)
    // rawHeaders keeps each Set-Cookie a line of its own.
    res.writeHead(back.statusCode, back.rawHeaders)
    back.pipe(res)
  })
  out.on('error', (error) => {
    done(502)
    res.writeHead(502, { 'Content-Type': 'text/plain' })
    res.end(String(error.code))
  })
  req.pipe(out)
}
