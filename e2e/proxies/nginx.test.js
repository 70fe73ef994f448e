import { proxyJourneys } from './journeys.js'

proxyJourneys('nginx')
