// WebSockets by hand (RFC 6455): enough for short texts and a close, at a server and at a client.
import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Takes the socket of an 'upgrade' event over and sends every text back.
 * @param {import('node:http').IncomingMessage} req @param {import('node:net').Socket} socket */
export function echoSocket(req, socket) {
  const accept = createHash('sha1').update(req.headers['sec-websocket-key'] + magic).digest('base64')
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
  socket.on('error', () => {})
  socket.on('end', () => socket.destroy())
  let held = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk])
    for (let frame = take(held); frame; frame = take(held)) {
      held = held.subarray(frame.length)
      if (frame.kind === 1) socket.write(text(`echo ${frame.payload}`))
      if (frame.kind === 8) socket.end(Buffer.from([0x88, 0]))
    }
  })
}

/** Asks for a WebSocket as a browser would, and answers the status of the handshake.
 * @param {number} port @param {string} path @param {Record<string, string>} headers */
export function handshake(port, path, headers) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const lines = Object.entries({
      Host: `localhost:${port}`, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'), ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer to the handshake at ${path}`)))
    socket.once('error', reject)
    socket.once('data', (chunk) => {
      resolve(Number(/^HTTP\/1\.1 (\d{3}) /.exec(String(chunk))?.[1]))
      socket.destroy()
    })
  })
}

function text(words) {
  const payload = Buffer.from(words)
  return Buffer.concat([Buffer.from([0x81, payload.length]), payload]) // up to 125 bytes
}

// take reads one frame of a client, masked and short.
function take(bytes) {
  if (bytes.length < 6) return null
  const size = bytes[1] & 0x7f
  const length = 6 + size
  if (bytes.length < length) return null
  const mask = bytes.subarray(2, 6)
  const payload = Buffer.from(bytes.subarray(6, length).map((byte, i) => byte ^ mask[i % 4]))
  return { kind: bytes[0] & 0x0f, payload, length }
}
