import { byProtect, byRoute } from './gateway.js'
import { sweep } from './sweep.js'

// CVE-2025-29927 twice, and CVE-2026-44573.
const leaks = [
  'GET /admin/guarded | x-middleware-subrequest: middleware',
  'GET /admin/guarded/vault | x-middleware-subrequest: middleware',
  'GET /_next/data/sample/admin/guarded.json',
]
sweep('v14', { leaks, forwards: false }, [byRoute, byProtect])
