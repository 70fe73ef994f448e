import { fileURLToPath } from 'node:url'
import { settings } from './settings.mjs'

export default { ...settings, outputFileTracingRoot: fileURLToPath(new URL('.', import.meta.url)) }
