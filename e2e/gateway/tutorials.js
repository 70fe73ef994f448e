// The back ends of tutorials 1 and 2, as their readers have written them.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { closeServer, listen } from '../harness/origin.js'

const jsonwebtoken = createRequire(new URL('../jsonwebtoken/peer.js', import.meta.url))('jsonwebtoken')

/** Tutorial 1: a route that logs in and gives a token, and one that wants it back.
 * @param {string} secret SECRET_KEY */
export async function openTutorial1(secret) {
  const users = [{ id: 2, name: 'Jihye Kim', email: 'jihye@example.com', password: 'eight letters and more' }]
  const posts = [
    { id: 1, title: 'First post', content: 'Hello', authorId: 2, author: { email: users[0].email, name: users[0].name } },
    { id: 2, title: 'Second post', content: 'Again', authorId: 2, author: { email: users[0].email, name: users[0].name } },
    { id: 3, title: 'Of somebody else', content: 'Mine', authorId: 9, author: { email: 'x@example.com', name: 'X' } },
  ]
  const verifyJwt = (token) => {
    try {
      return jsonwebtoken.verify(token, secret)
    } catch {
      return null
    }
  }
  const app = await open(async (req, res) => {
    const [, , end, id] = req.url.split(/[/?]/)
    if (req.method === 'POST' && end === 'login') {
      const { username, password } = await body(req)
      const found = users.find((user) => user.email === username && user.password === password)
      if (!found) return json(res, 200, null)
      const { password: gone, ...withoutPass } = found
      return json(res, 200, { ...withoutPass, accessToken: jsonwebtoken.sign(withoutPass, secret, { expiresIn: '1h' }) })
    }
    if (req.method === 'GET' && end === 'user') {
      const accessToken = req.headers.authorization
      if (!accessToken || !verifyJwt(accessToken)) return json(res, 401, { error: 'No Authorization' })
      return json(res, 200, posts.filter((post) => post.authorId === Number(id)))
    }
    json(res, 404, { error: 'Not Found' })
  })
  return { ...app, user: users[0], posts: posts.slice(0, 2), verifyJwt }
}

/** Tutorial 2: a NestJS server that answers a token and reads it from a cookie; refresh tokens
 * are what its last words wish for. @param {string} secret @param {number} expiresIn seconds */
export async function openTutorial2(secret, expiresIn) {
  const user = { _id: '66b0', name: 'Minsu', email: 'minsu@example.com', password: 'eight letters and more' }
  const refreshes = new Map()
  const counts = { refreshes: 0, reuses: 0 }
  /** Cookie headers of calls that want somebody. @type {string[]} */ const cookies = []
  const grant = () => {
    const refreshToken = `rt-${refreshes.size + 1}`
    refreshes.set(refreshToken, false)
    const payload = { sub: 'google-1001', username: user.name, email: user.email, _id: user._id, n: refreshes.size }
    return { accessToken: jsonwebtoken.sign(payload, secret, { expiresIn }), refreshToken }
  }
  const app = await open(async (req, res) => {
    const { pathname } = new URL(req.url, 'http://localhost')
    if (req.method === 'POST' && pathname === '/auth/login') {
      const typed = await body(req)
      if (typed.email !== user.email || typed.password !== user.password) return json(res, 401, { statusCode: 401, message: 'Unauthorized' })
      return json(res, 201, grant())
    }
    if (req.method === 'POST' && pathname === '/auth/refresh') {
      counts.refreshes++
      const { refreshToken } = await body(req)
      if (refreshes.get(refreshToken) !== false) {
        counts.reuses++
        return json(res, 401, { statusCode: 401, message: 'Unauthorized' })
      }
      refreshes.set(refreshToken, true)
      return json(res, 201, grant())
    }
    cookies.push(req.headers.cookie ?? '')
    const token = /(?:^|; )accessToken=([^;]*)/.exec(req.headers.cookie ?? '')?.[1]
    try {
      const { username, email } = jsonwebtoken.verify(token, secret)
      json(res, 200, { path: pathname, username, email })
    } catch {
      json(res, 401, { statusCode: 401, message: 'Unauthorized' })
    }
  })
  return { ...app, user, counts, cookies }
}

async function open(answer) {
  const server = createServer(answer)
  const port = await listen(server)
  return { port, url: `http://127.0.0.1:${port}`, close: () => closeServer(server) }
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
