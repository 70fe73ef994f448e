// A browser's cookies for fetch: what a script client needs, and no more (one host, path /).

// The one of the process: a test may put a jar's in its place.
const realFetch = globalThis.fetch

/** @typedef {{ value: string, attributes: string[] }} Cookie */

export class Jar {
  /** @type {Map<string, Cookie>} */ #cookies = new Map()

  /** @param {string} url the origin that relative addresses start from */
  constructor(url) {
    this.url = url
    /** Bound, so that it can stand in for the global fetch. */
    this.fetch = this.fetch.bind(this)
  }

  /** Like fetch, with these cookies; never follows a redirect by itself.
   * @param {string} target @param {RequestInit} [init] */
  async fetch(target, init = {}) {
    const headers = new Headers(init.headers)
    if (this.#cookies.size > 0) headers.set('Cookie', this.header())
    const res = await realFetch(new URL(target, this.url), { redirect: 'manual', ...init, headers })
    for (const line of res.headers.getSetCookie()) this.#take(line)
    return res
  }

  /** Answers the JSON body of a GET. @param {string} target */
  async json(target) {
    const res = await this.fetch(target)
    return res.json()
  }

  /** Posts a form. @param {string} target @param {Record<string, string>} fields @param {HeadersInit} [headers] */
  post(target, fields, headers) {
    return this.fetch(target, { method: 'POST', body: new URLSearchParams(fields), headers })
  }

  header() {
    return [...this.#cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
  }

  names() {
    return [...this.#cookies.keys()]
  }

  /** @param {string} name */
  get(name) {
    return this.#cookies.get(name)
  }

  /** Session cookies of either generation, whole or in chunks. @returns {string[]} */
  sessionNames() {
    return this.names().filter((name) => /session-token(\.\d+)?$/.test(name))
  }

  /** The session token, put together from its chunks. */
  sessionToken() {
    const order = (name) => Number(/\.(\d+)$/.exec(name)?.[1] ?? 0)
    const names = this.sessionNames().sort((a, b) => order(a) - order(b))
    return names.map((name) => decodeURIComponent(this.get(name).value)).join('')
  }

  /** Forgets every cookie and takes these. @param {Record<string, string>} cookies */
  replace(cookies) {
    this.#cookies = new Map(Object.entries(cookies).map(([name, value]) => [name, { value, attributes: [] }]))
  }

  #take(line) {
    const [pair, ...attributes] = line.split(';').map((part) => part.trim())
    const cut = pair.indexOf('=')
    const name = pair.slice(0, cut)
    const attribute = (key) => attributes.find((a) => a.toLowerCase().startsWith(key + '='))?.slice(key.length + 1)
    const maxAge = attribute('max-age')
    const over = maxAge !== undefined ? Number(maxAge) <= 0 : Date.parse(attribute('expires')) <= Date.now()
    if (over) this.#cookies.delete(name)
    else this.#cookies.set(name, { value: pair.slice(cut + 1), attributes })
  }
}

/** Asks who is signed in, as an attacker with a copied Cookie header would.
 * @param {string} base @param {string} cookie */
export async function sessionWith(base, cookie) {
  const res = await realFetch(`${base}/session`, { headers: { Cookie: cookie } })
  if (res.status !== 200) throw new Error(`GET /session answered ${res.status}`)
  const session = await res.json()
  return session?.user ? session : null
}
