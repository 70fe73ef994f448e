// The sample application behind `signet serve`.
import { Jar } from '../harness/jar.js'
import { user } from '../harness/site.js'
import { freePort, startServer } from '../gateway/server.js'

const trees = ['/admin/:path*', '/api/admin/:path*', '/post/private', '/note/private']

/** Says at each route what it wants. */
export const byRoute = (upstream) => `  routes:
${trees.map((match) => `    - {match: "${match}", upstream: "${upstream}", require: session, next: true}\n`).join('')}${rest(upstream)}`

/** Says once what is closed, and opens one route. */
export const byProtect = (upstream) => `  routes:
${rest(upstream)}protect: ${JSON.stringify(trees)}
`

/** Closes nothing, and leaves that to the application. */
export const byNobody = (upstream) => `  routes:\n${rest(upstream)}`

// A pattern in a site with languages covers no /_next, as in a matcher: scripts need a route.
const rest = (upstream) => `    - {match: "/_next/:path*", upstream: "${upstream}", anonymous: true}
    - {match: "/:path*", upstream: "${upstream}", next: true}
`

/** Starts it; stop it when done. @param {number} port of the application @param {typeof byRoute} rules */
export async function startGateway(port, rules) {
  const own = await freePort()
  const url = `http://localhost:${own}`
  const server = await startServer(`url: ${url}
listen: 127.0.0.1:${own}
providers: [{type: credentials}]
gateway:
  next: {locales: [en, ko], default_locale: en}
${rules(`http://127.0.0.1:${port}`)}`, { users: [user] })
  return {
    url,
    port: own,
    stop: server.stop,
    /** Signs in. @returns a line of headers */
    cookie: async () => {
      const jar = new Jar(url)
      const { csrfToken } = await jar.json('/api/auth/csrf')
      await jar.post('/api/auth/callback/credentials', { csrfToken, email: user.email, password: user.password })
      return `Cookie: ${jar.header()}`
    },
  }
}
