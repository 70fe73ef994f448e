import * as peer from '../next-auth-v5/peer.js'
import { wireJourneys } from './journeys.js'

await wireJourneys(peer)
