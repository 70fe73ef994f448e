// The real binary with a folder, a configuration and users of its own.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, serve } from './process.js'

/**
 * @typedef {object} Options
 * @property {string} url                 the public origin
 * @property {string[]} secrets           newest first
 * @property {'jwt'|'database'} strategy
 * @property {'authjs'|'authjs-v4'} format
 * @property {string[]} [accept]           formats also read
 * @property {string} [updateAge]
 * @property {{ email: string, name: string, password: string }[]} users
 * @property {object[]} [providers]        further entries of `providers`
 */

/** @returns the path of the binary under test, which `./dev e2e` builds */
function binary() {
  const path = process.env.SIGNET_BIN
  if (!path) throw new Error('SIGNET_BIN is not set: run `./dev e2e`, or build ./cmd/signet and name the file')
  return path
}

/** Starts `signet serve` and waits until it listens. @param {Options} options */
export async function startSignet(options) {
  const folder = await mkdtemp(join(tmpdir(), 'signet-e2e-'))
  const config = join(folder, 'signet.yaml')
  await writeFile(config, yaml(options), { mode: 0o600 })
  const verb = (args, input) => command([...args, '--config', config], input)
  for (const user of options.users) {
    const added = await verb(['user', 'add', user.email, '--name', user.name, '--password-stdin'], user.password)
    if (added.status !== 0) throw new Error(`signet user add: exit ${added.status}\n${added.stderr}`)
  }
  const server = await serve(binary(), ['serve', '--demo', '--config', config, '--listen', '127.0.0.1:0'])
  return {
    port: server.port,
    verb,
    log: server.log,
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Runs one verb to its end. @param {string[]} args @param {string} [input] */
export const command = (args, input) => run(binary(), args, input)

/** @param {Options} options */
function yaml({ url, secrets, strategy, format, accept = [], updateAge, providers = [] }) {
  // JSON strings and lists are YAML too.
  return `url: ${JSON.stringify(url)}
secrets: ${JSON.stringify(secrets)}
session:
  strategy: ${strategy}
  format: ${format}
  accept: ${JSON.stringify(accept)}
${updateAge ? `  update_age: ${updateAge}\n` : ''}store: sqlite:signet.db
providers:
  - type: credentials
    sign_up: true
${providers.map((provider) => `  - ${JSON.stringify(provider)}\n`).join('')}protect: ["/userposts", "/userposts/:path*"]
`
}
