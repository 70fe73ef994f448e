// The snippets of the guide, so that what it shows is what was tried.
import { readFile } from 'node:fs/promises'

/** The first block of a language below a heading of a page.
 * @param {string} page file name below docs/guide @param {string} heading @param {string} language
 * @param {Record<string, string>} [replace] texts that have to be in it, and what to put in their places */
export async function snippet(page, heading, language, replace = {}) {
  const text = await readFile(new URL(`../../docs/guide/${page}`, import.meta.url), 'utf8')
  const from = text.search(new RegExp(`^##? ${heading}$`, 'm'))
  if (from < 0) throw new Error(`${page} has no section "${heading}"`)
  const found = new RegExp('^```' + language + '\\n([\\s\\S]*?)^```$', 'm').exec(text.slice(from).split('\n## ')[0])
  if (!found) throw new Error(`${page}, "${heading}" has no block of ${language}`)
  let block = found[1]
  for (const [from, to] of Object.entries(replace)) {
    if (!block.includes(from)) throw new Error(`${page}, "${heading}" says nowhere ${JSON.stringify(from)}`)
    block = block.replaceAll(from, to)
  }
  return block
}
