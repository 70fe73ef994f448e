// The programs under test: each is started here and ended here, by its own process.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a program to its end. @param {string} file @param {string[]} args @param {string} [input] */
export async function run(file, args, input = '') {
  const child = spawn(file, args, { env: environment() })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => { stdout += chunk })
  child.stderr.on('data', (chunk) => { stderr += chunk })
  child.stdin.on('error', () => {}) // a program that reads no input may be gone first
  child.stdin.end(input)
  const [status] = await once(child, 'close')
  return { status, stdout, stderr }
}

/** Starts a server and waits for its line `listening on http://HOST:PORT`.
 * @param {string} file @param {string[]} args */
export async function serve(file, args) {
  const child = spawn(file, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
  // A test that dies must not leave a server behind.
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  let text = ''
  const port = await new Promise((resolve, reject) => {
    const read = (chunk) => {
      text += chunk
      const found = /listening on http:\/\/[^\s:]+:(\d+)/.exec(text)
      if (found) resolve(Number(found[1]))
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code} before it listened:\n${text}`)))
    setTimeout(() => reject(new Error(`${args[0]} did not listen within 20 s:\n${text}`)), 20_000).unref()
  }).catch((error) => {
    end()
    throw error
  })
  return {
    port,
    log: () => text,
    stop: async () => {
      if (child.exitCode !== null) throw new Error(`${args[0]} ended by itself with ${child.exitCode}:\n${text}`)
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const [code, signal] = await ended
      process.off('exit', end)
      if (code !== 0) throw new Error(`${args[0]} ended with ${code ?? signal} on SIGTERM:\n${text}`)
    },
  }
}

// Secrets and addresses of the machine must not leak into the server under test.
function environment() {
  const own = Object.entries(process.env).filter(([name]) => !/^(AUTH|NEXTAUTH|SIGNET|VERCEL)_/.test(name))
  return Object.fromEntries(own)
}
