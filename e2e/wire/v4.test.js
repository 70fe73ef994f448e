import * as peer from '../next-auth-v4/peer.js'
import { wireJourneys } from './journeys.js'

await wireJourneys(peer)
