import { byProtect, byRoute } from './gateway.js'
import { sweep } from './sweep.js'

// No header does it any more.
sweep('v16', { leaks: ['GET /en/_next/data/sample/admin/guarded.json'], forwards: true }, [byRoute, byProtect])
