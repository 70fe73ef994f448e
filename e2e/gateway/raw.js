// Requests as bytes: what no client library would send.
import { connect } from 'node:net'

/** Sends one request and reads the answer to its end.
 * @param {number} port @param {string} line `GET /path`
 * @param {string[]} [headers] lines, beside Host and Connection @param {string} [body]
 * @returns {Promise<{ status: number, head: string, body: string }>} */
export function send(port, line, headers = [], body = '') {
  const named = (name) => headers.some((header) => header.toLowerCase().startsWith(`${name}:`))
  const lines = [`${line} HTTP/1.1`]
  if (!named('host')) lines.push(`Host: localhost:${port}`)
  if (!named('connection')) lines.push('Connection: close')
  if (body) lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks = []
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer to ${line}`)))
    socket.on('error', reject)
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('end', () => {
      const text = Buffer.concat(chunks).toString('latin1')
      const cut = text.indexOf('\r\n\r\n')
      resolve({
        status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]),
        head: text.slice(0, cut),
        body: text.slice(cut + 4),
      })
      socket.destroy()
    })
    socket.write(Buffer.from(`${[...lines, ...headers].join('\r\n')}\r\n\r\n${body}`, 'latin1'))
  })
}
