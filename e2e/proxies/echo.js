// An application behind a proxy that keeps every request as it came.
import { createServer } from 'node:http'
import { echoSocket } from '../gateway/sockets.js'
import { closeServer, listen } from '../harness/origin.js'

/** @typedef {{ method: string, url: string, headers: [string, string][], body: string }} Seen */

export async function openEcho() {
  /** @type {Seen[]} */ const seen = []
  const keep = (req, body) => {
    const headers = []
    for (let i = 0; i < req.rawHeaders.length; i += 2) headers.push([req.rawHeaders[i], req.rawHeaders[i + 1]])
    seen.push({ method: req.method, url: req.url, headers, body })
  }
  const server = createServer(async (req, res) => {
    const chunks = []
    for await (const chunk of req) chunks.push(chunk)
    keep(req, Buffer.concat(chunks).toString())
    res.writeHead(200, { 'Content-Type': 'text/plain', 'Set-Cookie': 'theme=dark; Path=/' })
    res.end('the application')
  })
  server.on('upgrade', (req, socket) => {
    keep(req, '')
    echoSocket(req, socket)
  })
  const port = await listen(server)
  return {
    port,
    seen,
    /** Every request since the last call. @returns {Seen[]} */
    taken: () => seen.splice(0, Infinity),
    close: () => closeServer(server),
  }
}

/** The values of a header. @param {Seen} request @param {string} name */
export const values = ({ headers }, name) =>
  headers.filter(([n]) => n.toLowerCase() === name.toLowerCase()).map(([, value]) => value)

/** Every header that a careless reader could take for one of these, by that name.
 * @param {Seen} request @param {string} start letters only @returns {[string, string][]} */
export const alike = ({ headers }, start) =>
  headers.filter(([name]) => name.replaceAll(/[^a-z0-9]/gi, '').toLowerCase().startsWith(start))
