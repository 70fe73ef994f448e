// The page, bundled for the browser against the packages of one folder.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** @param {URL} folder has the bundler and the packages in its node_modules
 * @returns {Promise<string>} the script */
export async function bundlePage(folder) {
  const { build } = createRequire(folder)('esbuild')
  const result = await build({
    entryPoints: [fileURLToPath(new URL('../page/app.jsx', import.meta.url))],
    // The page lies outside of the folder, so its imports are looked up here.
    nodePaths: [fileURLToPath(new URL('node_modules', folder))],
    bundle: true,
    write: false,
    format: 'iife',
    jsx: 'automatic',
    minify: true,
    // What Next.js puts in their place.
    define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}' },
  })
  return result.outputFiles[0].text
}
