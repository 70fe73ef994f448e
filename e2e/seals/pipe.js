// Signet's codecs in a process of their own: the test binary of e2e/pipe.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** @returns the path of the binary, which `./dev e2e` builds */
function binary() {
  const path = process.env.SIGNET_PIPE
  if (!path) throw new Error('SIGNET_PIPE is not set: run `./dev e2e seals`, or `go test -c ./e2e/pipe` and name the file')
  return path
}

/** Starts the process; close it when done. */
export function openPipe() {
  const child = spawn(binary(), [], { env: { ...process.env, SIGNET_E2E_PIPE: 'serve' }, stdio: ['pipe', 'pipe', 'inherit'] })
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  /** Those who wait for an answer, in order. @type {{ resolve: Function, reject: Function }[]} */ const waiting = []
  const gone = () => { for (const { reject } of waiting.splice(0)) reject(new Error('the pipe has ended')) }
  child.on('error', gone)
  child.stdin.on('error', gone)
  child.on('close', gone)
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line)
    const { resolve, reject } = waiting.shift()
    if (answer.fault) reject(new Error(`the pipe answered: ${answer.fault}`))
    else resolve(answer)
  })
  const ask = (request) => new Promise((resolve, reject) => {
    waiting.push({ resolve, reject })
    child.stdin.write(JSON.stringify(request) + '\n')
  })
  return {
    /** @param {object} codec a spec, see e2e/pipe @param {string} claims JSON text @param {{ issued: number, expires: number }} life milliseconds
     * @returns {Promise<{ value?: string, reason?: string, detail?: string }>} */
    seal: (codec, claims, life) => ask({ do: 'seal', codec, claims, ...life }),
    /** @param {object} codec @param {string} value @param {number} now milliseconds
     * @returns {Promise<{ claims?: string, expires?: number, key?: string, stale?: boolean, reason?: string, detail?: string }>} */
    open: (codec, value, now) => ask({ do: 'open', codec, value, now }),
    /** Starts a Go program that keeps sessions in a cookie. @returns {Promise<string>} its address */
    site: (site) => ask({ do: 'site', site }).then((answer) => answer.url),
    close: () => {
      process.off('exit', end)
      child.stdin.end()
    },
  }
}
