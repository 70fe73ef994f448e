// A site whose visitors sign in at an issuer of their own, and what they do there.
import { serve } from '../harness/process.js'
import { openSite } from '../harness/site.js'
import { startSignet } from '../harness/signet.js'
import { client, openIssuer } from './issuer.js'

/** Opens both; close them when done. The server is the binary, or with `library` the Go
 * program in e2e/relying.
 * @param {{ peer: object, strategy: 'jwt'|'database', library?: boolean, page?: boolean }} options */
export async function openCorp({ library = false, ...options }) {
  /** @type {import('./issuer.js').Issuer} */ let issuer
  const start = async (options) => {
    issuer = await openIssuer(options.url)
    return library ? startRelying(issuer, options) : startSignet({ ...options, providers: [entry(issuer)] })
  }
  try {
    const site = await openSite({ ...options, start })
    return {
      ...site,
      issuer,
      close: async () => {
        await site.close()
        await issuer.close()
      },
    }
  } catch (error) {
    await issuer?.close()
    throw error
  }
}

const entry = (issuer) => ({
  type: 'oidc', id: 'corp', name: 'Corp', issuer: issuer.url,
  client_id: client.id, client_secret: client.secret,
  // Its ID tokens name nobody, as OpenID Connect Core section 5.4 has it.
  ask_userinfo: true,
})

function startRelying(issuer, { url, secrets, strategy }) {
  const file = process.env.SIGNET_RELYING
  if (!file) throw new Error('SIGNET_RELYING is not set: run `./dev e2e issuer`, or `go test -c ./e2e/relying` and name the file')
  const settings = { url, secrets, strategy, issuer: issuer.url, clientId: client.id, clientSecret: client.secret }
  return serve(file, ['serve', JSON.stringify(settings)])
}

/** Fills in the issuer's log-in form. @param {import('playwright-core').Page} page @param {string} login */
export async function logIn(page, login) {
  await page.fill('[name=login]', login)
  await page.click('#log-in')
}
