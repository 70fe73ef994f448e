// A site to test against: a page and a session server on one origin.
// SIGNET_E2E_SERVER=reference puts the real Auth.js there instead of Signet, which shows
// that the tests themselves are right.
import { fileURLToPath } from 'node:url'
import { bundlePage } from './bundle.js'
import { openOrigin } from './origin.js'
import { serve } from './process.js'
import { startSignet } from './signet.js'

export const onReference = process.env.SIGNET_E2E_SERVER === 'reference'

export const user = { email: 'ada@example.com', name: 'Ada Lovelace', password: 'correct horse battery' }
export const secrets = ['0Lw3n2kYqzN8v5T1mZrXcB7hGf4JdSae', 'aR7uQ2xW9eK5tY1oP8iLs6DfH3gJ4zVb']

// The strategies that the server has with credentials: Auth.js refuses database sessions there.
export const strategies = onReference ? ['jwt'] : ['jwt', 'database']

/** Configurations that serve a client, one per cookie format. Where only v4 cookies are read,
 * nobody is `{}`, which a v5 client takes for somebody.
 * @param {typeof import('../next-auth-v5/peer.js')} peer */
export const formats = (peer) => onReference ? [{ format: peer.format }] : [
  { format: 'authjs' },
  { format: 'authjs-v4', accept: peer.major === 4 ? [] : ['authjs'] },
]

/** Opens a site; close it when done.
 * @param {object} options
 * @param {any} options.peer
 * @param {'jwt'|'database'} [options.strategy]
 * @param {'authjs'|'authjs-v4'} [options.format]
 * @param {string[]} [options.accept]
 * @param {string} [options.updateAge]
 * @param {string[]} [options.secrets]
 * @param {object[]} [options.providers]
 * @param {(options: object) => Promise<object>} [options.start] starts the server behind the page
 * @param {boolean} [options.page] false: no page is needed, only the server */
export async function openSite({ peer, page = true, start = onReference ? startReference : startSignet, ...options }) {
  const origin = await openOrigin(page ? await bundlePage(peer.folder) : '')
  try {
    const server = await start({
      peer, url: origin.url, strategy: 'jwt', format: 'authjs', secrets, users: [user], ...options,
    })
    origin.forwardTo(server.port)
    return {
      url: origin.url,
      base: `${origin.url}/api/auth`,
      seen: origin.seen,
      verb: server.verb,
      log: server.log,
      close: async () => {
        await origin.close()
        await server.stop()
      },
    }
  } catch (error) {
    await origin.close()
    throw error
  }
}

// A process of its own: the wire tests pretend to be a browser in theirs.
function startReference({ peer, url, secrets }) {
  const settings = { url, secrets, user }
  const main = fileURLToPath(new URL('reference-main.js', import.meta.url))
  return serve(process.execPath, [main, new URL('reference.js', peer.folder).href, JSON.stringify(settings)])
}
