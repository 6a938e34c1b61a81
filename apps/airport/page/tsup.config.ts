/** One script and one style sheet for the browser, with everything inside. */
import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { main: 'src/main.ts', style: 'style/style.css' },
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  noExternal: [/.*/],
  minify: true,
  splitting: false,
  clean: true,
  silent: true,
  publicDir: 'public',
})
