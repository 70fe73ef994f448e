// The sample application with one version of Next.js, built and started.
import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../gateway/server.js'
import { run, serve } from '../harness/process.js'

process.env.NEXT_TELEMETRY_DISABLED = '1'
const here = fileURLToPath(new URL('.', import.meta.url))
// Version 16 has a second compiler, which takes longer for so little.
const options = { v14: [], v16: ['--webpack'] }

/** Starts the application as `next start` does; stop it when done. @param {keyof typeof options} version */
export async function startApp(version) {
  const built = await build(version)
  const server = await serve(process.execPath, [join(here, 'serve.cjs'), built, String(await freePort())])
  return { port: server.port, stop: server.stop, action: (name) => actionID(built, name) }
}

// Built beside its packages, where it finds them, and once for each state of the sources.
async function build(version) {
  const built = join(here, version, 'built')
  const config = join(here, version, 'next.config.mjs')
  const state = await digest([...globSync('site/**/*.*', { cwd: here }), ...['next.config.mjs', 'package-lock.json'].map((name) => join(version, name))])
  if (await readFile(join(built, '.next', 'state'), 'utf8').catch(() => '') === state) return built
  await rm(built, { recursive: true, force: true })
  await cp(join(here, 'site'), built, { recursive: true })
  await cp(config, join(built, 'next.config.mjs'))
  const next = join(here, version, 'node_modules', 'next', 'dist', 'bin', 'next')
  const { status, stdout, stderr } = await run(process.execPath, [next, 'build', ...options[version], built])
  if (status !== 0) throw new Error(`next build ended with ${status}:\n${stdout}${stderr}`)
  await writeFile(join(built, '.next', 'state'), state)
  return built
}

async function digest(names) {
  const hash = createHash('sha256').update(process.version)
  for (const name of names.sort()) hash.update(`\0${name}\0`).update(await readFile(join(here, name)))
  return hash.digest('hex')
}

// What a browser calls a server action by. Everybody can read it in a script of the page.
async function actionID(built, name) {
  const id = new RegExp(`["']([0-9a-f]{40,42})["'](?::|,[^;]{0,300}?)["']${name}["']`)
  for (const script of globSync('.next/static/chunks/**/*.js', { cwd: built })) {
    const found = id.exec(await readFile(join(built, script), 'utf8'))
    if (found) return found[1]
  }
  throw new Error(`no script names the action ${name}`)
}
