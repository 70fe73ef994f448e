// What next.config says for every version: two languages, as the paths of the Pages Router change with them, and nothing
// that only makes a build slower.
export const settings = {
  i18n: { locales: ['en', 'ko'], defaultLocale: 'en', localeDetection: false },
  generateBuildId: () => 'sample',
  typescript: { ignoreBuildErrors: true },
  experimental: { cpus: 1, webpackBuildWorker: false },
  webpack(config) {
    config.optimization.minimize = false
    config.cache = false
    return config
  },
}
