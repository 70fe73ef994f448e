// The real binary with any signet.yaml, in a folder of its own.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeServer, listen } from '../harness/origin.js'
import { serve } from '../harness/process.js'
import { command } from '../harness/signet.js'
import { secrets } from '../harness/site.js'

/** Serves what the text says, with secrets of the tests.
 * @param {string} yaml without `secrets`
 * @param {{ files?: Record<string, string>, users?: { email: string, name: string, password: string, groups?: string[] }[] }} [more]
 *   files beside it, by name, and people with a password */
export async function startServer(yaml, { files = {}, users = [] } = {}) {
  const binary = process.env.SIGNET_BIN
  if (!binary) throw new Error('SIGNET_BIN is not set: run `./dev e2e`, or build ./cmd/signet and name the file')
  const folder = await mkdtemp(join(tmpdir(), 'signet-e2e-'))
  const config = join(folder, 'signet.yaml')
  const write = (text) => writeFile(config, `secrets: ${JSON.stringify(secrets)}\n${text}`, { mode: 0o600 })
  await write(yaml)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 })
  const verb = (args, input) => command([...args, '--config', config], input)
  const must = async (args, input) => {
    const { status, stderr } = await verb(args, input)
    if (status !== 0) throw new Error(`signet ${args[0]} ${args[1]}: exit ${status}\n${stderr}`)
  }
  try {
    for (const { email, name, password, groups = [] } of users) {
      await must(['user', 'add', email, '--name', name, '--password-stdin'], password)
      if (groups.length > 0) await must(['user', 'groups', email, ...groups])
    }
    const server = await serve(binary, ['serve', '--config', config])
    return {
      port: server.port,
      log: server.log,
      verb,
      /** Changes signet.yaml under the running server. */
      rewrite: write,
      stop: async () => {
        await server.stop()
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** A port that nobody listens on at this moment. */
export async function freePort() {
  const server = createServer()
  const port = await listen(server)
  await closeServer(server)
  return port
}
