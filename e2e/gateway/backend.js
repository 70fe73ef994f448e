// A back end as people have one: it gives tokens at a log-in, renews them once each, and wants
// one for everything else. It knows nothing of Signet.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { closeServer, listen } from '../harness/origin.js'
import { echoSocket } from './sockets.js'

/** @typedef {{ id: string, name: string, email: string, password: string, groups: string[] }} Person */

/** @type {Person[]} */ export const people = [
  { id: '7', name: 'Ada Lovelace', email: 'ada@example.com', password: 'correct horse battery', groups: ['admin', 'staff'] },
  { id: '8', name: 'Charles Babbage', email: 'charles@example.com', password: 'difference engine two', groups: ['staff'] },
]

/** Opens the back end on a free port; close it when done.
 * @param {{ expiresIn?: number, seen?: (req: import('node:http').IncomingMessage) => void }} [options]
 *   seconds that an access token lives; gets every request */
export async function openBackend({ expiresIn = 3600, seen = () => {} } = {}) {
  const access = new Map() // token → { person, until }
  const refresh = new Map() // token → { person, family, used }
  const counts = { logins: 0, refreshes: 0, reuses: 0, me: 0 }

  function grant(person, family) {
    const accessToken = `at-${randomBytes(12).toString('hex')}`
    const refreshToken = `rt-${randomBytes(12).toString('hex')}`
    access.set(accessToken, { person, until: Date.now() + expiresIn * 1000 })
    refresh.set(refreshToken, { person, family, used: false })
    return { accessToken, refreshToken, expiresIn }
  }
  function who(req) {
    const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1]
    const known = access.get(token)
    return known && known.until > Date.now() ? known.person : null
  }
  const ends = {
    'POST /login': async (req, res) => {
      counts.logins++
      const typed = await body(req)
      const person = people.find((p) => p.email === typed.email && p.password === typed.password)
      if (!person) return json(res, 401, { message: 'Wrong e-mail or password' })
      const { password, ...user } = person
      json(res, 200, { user, ...grant(person, { over: false }) })
    },
    'POST /refresh': async (req, res) => {
      counts.refreshes++
      const known = refresh.get((await body(req)).refreshToken)
      if (known?.used) {
        counts.reuses++
        known.family.over = true
      }
      if (!known || known.family.over) return json(res, 401, { message: 'Used before' })
      known.used = true
      // Time for others to come along while the answer is on its way.
      setTimeout(() => json(res, 200, grant(known.person, known.family)), 100)
    },
    'GET /api/me': (req, res) => {
      counts.me++
      const person = who(req)
      json(res, person ? 200 : 401, person ? { id: person.id, name: person.name } : { error: 'No Authorization' })
    },
    'POST /api/words': async (req, res) => {
      const person = who(req)
      json(res, person ? 201 : 401, { by: person?.name, words: (await body(req)).words })
    },
    'GET /api/events': (req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
      res.write('retry: 100\n\n') // an end that a browser takes for an accident is found out soon
      let n = 0
      const next = () => res.write(`data: ${n++}\n\n`)
      next()
      const timer = setInterval(next, 50)
      res.on('close', () => clearInterval(timer))
    },
  }
  const server = createServer((req, res) => {
    seen(req)
    const end = ends[`${req.method} ${new URL(req.url, 'http://localhost').pathname}`]
    if (end) return end(req, res)
    json(res, 200, { from: 'the back end', path: req.url, headers: req.headers })
  })
  server.on('upgrade', (req, socket) => {
    seen(req)
    echoSocket(req, socket)
  })
  const port = await listen(server)
  return { port, url: `http://127.0.0.1:${port}`, counts, close: () => closeServer(server) }
}

async function body(req) {
  const chunks = []
  for await (const chunk of req) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString() || '{}')
}

function json(res, status, value) {
  res.writeHead(status, { 'Content-Type': 'application/json' })
  res.end(JSON.stringify(value))
}
