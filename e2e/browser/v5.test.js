import * as peer from '../next-auth-v5/peer.js'
import { browserJourneys } from './journeys.js'

browserJourneys(peer)
