// Debian's Chromium, and an eye on what goes wrong inside of a page.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

/** Starts a browser with an empty profile of its own. */
export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.SIGNET_CHROMIUM || '/usr/bin/chromium',
    timeout: 60_000,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}

/** A visitor: cookies of their own, and a list of everything the browser complained about.
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options] */
export async function openVisitor(browser, options) {
  const context = await browser.newContext({ locale: 'en-US', ...options })
  context.setDefaultTimeout(20_000)
  /** @type {string[]} */ const complaints = []
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  return { context, complaints, open: (url) => openTab(context, url), close: () => context.close() }
}

async function openTab(context, url) {
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** Keeps a picture in the folder SIGNET_SHOTS, if there is one.
 * @param {import('playwright-core').Page} page @param {string} name */
export async function shot(page, name) {
  const folder = process.env.SIGNET_SHOTS
  if (!folder) return
  await mkdir(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

/** Waits until an element says this.
 * @param {import('playwright-core').Page} page @param {string} selector @param {string} text */
export async function says(page, selector, text) {
  const element = page.locator(selector)
  try {
    await element.filter({ hasText: new RegExp(`^\\s*${RegExp.escape(text)}\\s*$`) }).waitFor()
  } catch {
    throw new Error(`${selector} says ${JSON.stringify(await element.allTextContents())}, not ${JSON.stringify(text)}`)
  }
}
