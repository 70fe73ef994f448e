// A small JavaScript program that keeps its sessions with iron-session. The one in Go, in
// e2e/pipe, answers alike.
import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * @param {typeof import('../iron-session-v9/peer.js')} peer
 * @param {{ cookie: string, password: string, ttl: number, chunks: boolean }} site */
export async function openSite(peer, { cookie, password, ttl, chunks }) {
  const options = { cookieName: cookie, password, ttl, ...(chunks ? { chunk: true } : {}) }
  const server = createServer(async (req, res) => {
    try {
      const session = await peer.getIronSession(req, res, options)
      await answer(req, res, session)
    } catch (error) {
      res.statusCode = 500
      res.end(String(error))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(req, res, session) {
  switch (`${req.method} ${req.url}`) {
    case 'GET /':
      return res.end(JSON.stringify(session))
    case 'POST /save':
      Object.assign(session, JSON.parse(await body(req)))
      await session.save()
      return res.end()
    case 'POST /destroy':
      await session.destroy()
      return res.end()
  }
  res.statusCode = 404
  res.end()
}

async function body(req) {
  let text = ''
  for await (const chunk of req.setEncoding('utf8')) text += chunk
  return text
}
