import { user } from '../harness/site.js'

/** Fills in the sign-in or sign-up form of a server's own page and sends it.
 * @param {import('playwright-core').Page} page @param {{ name?: string, email: string, password: string }} person */
export async function fillIn(page, { name, email, password } = user) {
  const form = page.locator('form', { has: page.locator('[name=password]') })
  if (name && await form.locator('[name=name]').count() > 0) await form.locator('[name=name]').fill(name)
  await form.locator('[name=email]').fill(email)
  for (const field of await form.locator('[type=password]').all()) await field.fill(password)
  await form.locator('[type=submit]').click()
}
