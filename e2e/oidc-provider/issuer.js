// A certified OpenID provider on loopback: npm's oidc-provider with one client, a log-in form
// without JavaScript, and a memory of what it was asked.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'
import { closeServer, listen } from '../harness/origin.js'
// Not exported by the package: its store, which outlives a rotation of keys here.
import { createMemoryAdapter } from './node_modules/oidc-provider/lib/adapters/memory_adapter.js'

export const client = { id: 'signet', secret: 'a secret that only the two of them know' }

/**
 * @typedef {object} Issuer
 * @property {string} url                      its name, `http://127.0.0.1:PORT`
 * @property {Record<string, string>[]} asked  the query of every authorization request, oldest first
 * @property {Refreshed[]} refreshed           what became of refresh tokens, oldest first
 * @property {() => number} ended              how many sessions here were ended
 * @property {() => string} rotate             throws all keys away and signs with a new one, whose ID it answers
 * @property {() => string} key                the ID of the key that signs
 * @property {() => Promise<void>} close
 *
 * @typedef {{ what: 'issued'|'used'|'revoked', grant: string }} Refreshed
 */

/** Opens an issuer for the client at one origin. @param {string} site @returns {Promise<Issuer>} */
export async function openIssuer(site) {
  const adapter = createMemoryAdapter()
  const memory = { asked: [], refreshed: [], ended: 0 }
  /** @type {Provider} */ let provider
  let key
  const server = createServer((req, res) => answer(provider, memory, req, res).catch((error) => {
    res.writeHead(500).end(String(error.stack))
  }))
  const url = `http://127.0.0.1:${await listen(server)}`
  const rotate = () => {
    key = signingKey()
    provider = new Provider(url, configuration({ adapter, key, site }))
    remember(provider, memory)
    return key.kid
  }
  rotate()
  return {
    url, rotate,
    asked: memory.asked,
    refreshed: memory.refreshed,
    ended: () => memory.ended,
    key: () => key.kid,
    close: () => closeServer(server),
  }
}

/** Requests without PKCE are refused by the package, those without a nonce by us. */
async function answer(provider, memory, req, res) {
  const { pathname, searchParams } = new URL(req.url, provider.issuer)
  if (pathname.startsWith('/interaction/')) return logIn(provider, req, res)
  if (pathname === '/auth') {
    memory.asked.push(Object.fromEntries(searchParams))
    if (!searchParams.has('nonce')) return res.writeHead(400).end('a nonce is needed')
  }
  return provider.callback()(req, res)
}

/** Everybody may come in under the name they type, or say no. */
async function logIn(provider, req, res) {
  if (req.method === 'GET') {
    await provider.interactionDetails(req, res)
    res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
    return res.end(page('Log in', `<form method="post"><input name="login" aria-label="Name">
<button id="log-in">Log in</button> <button id="refuse" name="refuse" value="yes">No</button></form>`))
  }
  const chunks = await Array.fromAsync(req)
  const fields = new URLSearchParams(Buffer.concat(chunks).toString())
  const result = fields.has('refuse')
    ? { error: 'access_denied', error_description: 'they said no' }
    : { login: { accountId: fields.get('login') } }
  return provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false })
}

function remember(provider, memory) {
  const token = (what) => ({ grantId }) => memory.refreshed.push({ what, grant: grantId })
  provider.on('refresh_token.saved', token('issued'))
  provider.on('refresh_token.consumed', token('used'))
  provider.on('grant.revoked', (_, grantId) => memory.refreshed.push({ what: 'revoked', grant: grantId }))
  provider.on('end_session.success', () => { memory.ended++ })
  provider.on('server_error', (_, error) => console.error('oidc-provider:', error))
}

function configuration({ adapter, key, site }) {
  return {
    adapter,
    jwks: { keys: [key] },
    cookies: { keys: ['neither of them needs to be secret here'] },
    clients: [{
      client_id: client.id,
      client_secret: client.secret,
      redirect_uris: [`${site}/api/auth/callback/corp`],
      post_logout_redirect_uris: [`${site}/?left`],
      grant_types: ['authorization_code', 'refresh_token'],
    }],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => person(id) }),
    loadExistingGrant: granted,
    pkce: { required: () => true },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: () => true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.body = page('Log out', `${form}<button id="log-out" type="submit" form="op.logoutForm" name="logout" value="yes">Log out</button>`)
        },
      },
    },
    ttl: { AccessToken: 600, Grant: 3600, IdToken: 600, Interaction: 600, RefreshToken: 3600, Session: 3600 },
    renderError: (ctx, out) => {
      ctx.type = 'html'
      ctx.body = page('Error', `<p id="error">${out.error}</p>`)
    },
  }
}

/** @param {string} id what was typed */
export function person(id) {
  const name = id.split('@')[0]
  return {
    sub: id,
    name: name[0].toUpperCase() + name.slice(1),
    email: id.includes('@') ? id : `${id}@corp.example`,
    email_verified: true,
  }
}

/** The client is the issuer's own: nobody is asked what it may see. */
async function granted({ oidc: { client, params, provider, session } }) {
  const id = session.grantIdFor(client.clientId)
  const grant = (id && await provider.Grant.find(id)) ||
    new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
  grant.addOIDCScope(params.scope)
  await grant.save()
  return grant
}

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' }
}

const page = (title, body) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>`
