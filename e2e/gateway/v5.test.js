import * as peer from '../next-auth-v5/peer.js'
import { gatewayJourneys } from './journeys.js'

gatewayJourneys(peer, ['jwt', 'database'])
