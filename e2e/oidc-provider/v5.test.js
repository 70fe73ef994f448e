import * as peer from '../next-auth-v5/peer.js'
import { issuerJourneys } from './journeys.js'

issuerJourneys(peer)
