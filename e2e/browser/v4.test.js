import * as peer from '../next-auth-v4/peer.js'
import { browserJourneys } from './journeys.js'

browserJourneys(peer)
