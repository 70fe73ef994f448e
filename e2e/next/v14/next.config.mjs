import { settings } from './settings.mjs'

export default { ...settings, eslint: { ignoreDuringBuilds: true }, outputFileTracing: false }
