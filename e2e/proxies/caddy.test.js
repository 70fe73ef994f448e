import { proxyJourneys } from './journeys.js'

proxyJourneys('caddy')
