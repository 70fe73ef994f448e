// nginx and Caddy as Debian has them, each with the configuration of the guide, in a folder of
// its own, without a right that a normal user does not have.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Starts nginx. @param {number} port where it will listen @param {string} config what stands in `http` */
export async function startNginx(port, config) {
  const folder = await mkdtemp(join(tmpdir(), 'signet-nginx-'))
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${join(folder, kind)};`)
  // One process, so that nothing outlives it.
  await writeFile(join(folder, 'nginx.conf'), `daemon off; master_process off; pid ${join(folder, 'pid')};
error_log stderr warn; events { worker_connections 256; }
http { access_log off; ${temp.join(' ')}
${config}
}`)
  const file = process.env.SIGNET_NGINX || '/usr/sbin/nginx'
  return start(file, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], folder, port)
}

/** Starts Caddy. @param {number} port @param {string} config a Caddyfile without global options */
export async function startCaddy(port, config) {
  const folder = await mkdtemp(join(tmpdir(), 'signet-caddy-'))
  await writeFile(join(folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https off\n}\n${config}`)
  const file = process.env.SIGNET_CADDY || '/usr/bin/caddy'
  return start(file, ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], folder, port)
}

async function start(file, args, folder, port) {
  const env = { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child = spawn(file, args, { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = () => child.kill('SIGKILL') // a test that dies must not leave a server behind
  process.once('exit', kill)
  let said = ''
  child.stdout.on('data', (chunk) => { said += chunk })
  child.stderr.on('data', (chunk) => { said += chunk })
  const failed = new Promise((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}:\n${said}`)))
  })
  failed.catch(() => {})
  try {
    await Promise.race([listening(port), failed])
  } catch (error) {
    kill()
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  return {
    port,
    log: () => said,
    stop: async () => {
      const gone = once(child, 'exit')
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await gone
      }
      process.off('exit', kill)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function listening(port) {
  for (let tries = 0; tries < 200; tries++) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nobody listens on ${port}`)
}
