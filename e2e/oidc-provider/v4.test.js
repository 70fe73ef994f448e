import * as peer from '../next-auth-v4/peer.js'
import { issuerJourneys } from './journeys.js'

issuerJourneys(peer)
