// Runs a reference server: node reference-main.js MODULE SETTINGS
import { createServer } from 'node:http'
import { closeServer, listen } from './origin.js'

const [module, settings] = process.argv.slice(2)
const { serve } = await import(module)
const server = createServer((req, res) => serve(req, res, JSON.parse(settings)))
console.log(`listening on http://127.0.0.1:${await listen(server)}`)
process.on('SIGTERM', () => closeServer(server))
