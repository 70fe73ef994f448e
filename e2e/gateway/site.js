// A front end and a back end behind one origin: Signet's own.
import { bundlePage } from '../harness/bundle.js'
import { openOrigin } from '../harness/origin.js'
import { openBackend } from './backend.js'
import { snippet } from './guide.js'
import { freePort, startServer } from './server.js'

/** Opens all three; close them when done.
 * @param {{ peer: any, strategy: 'jwt'|'database', expiresIn?: number }} options seconds that a token of the back end lives */
export async function openGateway({ peer, strategy, expiresIn }) {
  const closers = []
  const close = async () => { for (const closer of closers.splice(0).reverse()) await closer() }
  try {
    /** Paths that the back end was asked for. @type {string[]} */ const asked = []
    const backend = await openBackend({ expiresIn, seen: (req) => asked.push(req.url) })
    closers.push(backend.close)
    const front = await openOrigin(await bundlePage(peer.folder))
    closers.push(front.close)
    const port = await freePort()
    const url = `http://localhost:${port}`
    const routes = await snippet('gateway.md', 'The gateway', 'yaml', {
      'https://app.example.com': url,
      '127.0.0.1:3000': `127.0.0.1:${port}`,
      'http://127.0.0.1:8080': backend.url,
      'http://127.0.0.1:3001': front.url.replace('localhost', '127.0.0.1'),
    })
    const yaml = (members) => `${members ? swap(routes, '/members/:path*', 'require: session', `require: ${members}`) : routes}
session:
  strategy: ${strategy}
  format: ${peer.format}
  accept: []
`
    const signet = await startServer(yaml())
    closers.push(signet.stop)
    return { url, port, backend, asked, signet, base: `${url}/api/auth`, membersNeed: (rule) => signet.rewrite(yaml(rule)), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Replaces what comes first after a mark. */
function swap(text, mark, from, to) {
  const at = text.indexOf(mark)
  return text.slice(0, at) + text.slice(at).replace(from, to)
}
