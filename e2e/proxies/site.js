// An application behind a proxy that asks Signet, all by the configuration of the guide.
import { openBackend } from '../gateway/backend.js'
import { snippet } from '../gateway/guide.js'
import { freePort, startServer } from '../gateway/server.js'
import { Jar } from '../harness/jar.js'
import { openEcho } from './echo.js'
import { startCaddy, startNginx } from './servers.js'

const page = 'forward-auth.md'

/** How each proxy is configured: its block of the guide, with the ports of this run. */
const proxies = {
  nginx: {
    config: (port, signet, app) => snippet(page, 'nginx', 'nginx', {
      'listen 443 ssl;': `listen 127.0.0.1:${port};`,
      'ssl_certificate     cert.pem;': '',
      'ssl_certificate_key key.pem;': '',
      '127.0.0.1:3000': `127.0.0.1:${signet}`,
      '127.0.0.1:3001': `127.0.0.1:${app}`,
    }),
    beside: () => snippet(page, 'nginx', 'yaml'),
    start: startNginx,
  },
  caddy: {
    config: (port, signet, app) => snippet(page, 'Caddy', 'caddy', {
      'app.example.com {': `http://localhost:${port} {`,
      '127.0.0.1:3000': `127.0.0.1:${signet}`,
      '127.0.0.1:3001': `127.0.0.1:${app}`,
    }),
    beside: async () => '',
    start: startCaddy,
  },
}

/** The rules of the guide, and what a test needs beside them. */
async function rules(url, port, backend, beside, replace = {}) {
  const text = await snippet(page, 'The rules', 'yaml', {
    'https://app.example.com': url, '127.0.0.1:3000': `127.0.0.1:${port}`,
    '"http://127.0.0.1:8080/api/login"': `${backend}/login, map: {groups: user.groups}`, ...replace,
  })
  const session = /^session: \{(.*)\}$/m.exec(beside)?.[1]
  return `${text}
session: {${session ? `${session}, ` : ''}update_age: 0, expose: {user.id: sub}}
`
}

/** Opens application, back end, Signet and a proxy; close it when done.
 * @param {'nginx'|'caddy'} name */
export async function openProxied(name) {
  const { config, beside, start } = proxies[name]
  const closers = []
  const close = async () => { for (const closer of closers.splice(0).reverse()) await closer() }
  try {
    const echo = await openEcho()
    closers.push(echo.close)
    const backend = await openBackend()
    closers.push(backend.close)
    const [port, own] = [await freePort(), await freePort()]
    const url = `http://localhost:${port}`
    const signet = await startServer(await rules(url, own, backend.url, await beside()))
    closers.push(signet.stop)
    const proxy = await start(port, await config(port, own, echo.port))
    closers.push(proxy.stop)
    return {
      url, port, echo, backend, signet,
      /** Stops Signet before its time. */
      stopSignet: async () => {
        closers.splice(closers.indexOf(signet.stop), 1)
        await signet.stop()
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Opens Signet alone, to be asked as a proxy would. @param {Record<string, string>} [replace] in the rules */
export async function openAsked(replace) {
  const backend = await openBackend()
  try {
    const own = await freePort()
    const url = 'http://app.example.test'
    const signet = await startServer(await rules(url, own, backend.url, '', replace))
    return { url, host: 'app.example.test', port: own, backend, close: () => signet.stop().finally(backend.close) }
  } catch (error) {
    await backend.close()
    throw error
  }
}

/** Signs somebody in as the page of Signet does, and answers their cookies.
 * @param {string} url @param {{ email: string, password: string }} person @param {string} [back] */
export async function signIn(url, person, back = url) {
  const jar = new Jar(url)
  const { csrfToken } = await jar.json('/api/auth/csrf')
  const res = await jar.post('/api/auth/callback/backend', { csrfToken, email: person.email, password: person.password, callbackUrl: back })
  const { location } = Object.fromEntries(res.headers)
  if (res.status !== 303 || jar.sessionNames().length === 0) throw new Error(`signing in answered ${res.status} ${location}`)
  return Object.assign(jar, { location })
}
