// `next start` for harness/process.js: says where it listens and ends with 0 on SIGTERM.
const { createRequire } = require('node:module')
const { join } = require('node:path')

const [dir, port] = process.argv.slice(2)
process.env.NEXT_MANUAL_SIG_HANDLE = '1'
process.env.NODE_ENV = 'production'
process.on('SIGTERM', () => process.exit(0))
const { startServer } = createRequire(join(dir, 'next.config.mjs'))('next/dist/server/lib/start-server')
startServer({ dir, port: Number(port), hostname: '127.0.0.1', isDev: false })
  .then(() => console.log(`listening on http://127.0.0.1:${port}`))
