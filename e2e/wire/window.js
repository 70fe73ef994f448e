// As much of a browser as the client functions of next-auth/react look at.

/** Puts a window into this process, so that the client believes to be in a browser.
 * @returns what the client did with it */
export function openWindow() {
  const seen = { errors: [], broadcasts: [], beacons: [] }
  globalThis.window = { location: { href: '', reload() {} }, addEventListener() {}, removeEventListener() {} }
  globalThis.localStorage = { setItem: (key, value) => seen.broadcasts.push(JSON.parse(value).data.trigger) }
  globalThis.BroadcastChannel = class {
    postMessage(message) { seen.broadcasts.push(message.data.trigger) }
    addEventListener() {}
    close() {}
  }
  Object.defineProperty(globalThis, 'navigator', {
    configurable: true,
    value: { onLine: true, sendBeacon: (url, body) => seen.beacons.push({ url, body }) },
  })
  console.error = (...parts) => seen.errors.push(parts.map(String).join(' '))
  return seen
}

/** Gives the window an address and the cookies of a jar. @param {import('../harness/jar.js').Jar} jar */
export function visit(jar, path = '/') {
  globalThis.window.location.href = jar.url + path
  globalThis.fetch = jar.fetch
}
