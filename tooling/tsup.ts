/** How every package is built: one ESM bundle with types and a source map. */
import { defineConfig } from 'tsup'

const shared = {
  format: 'esm',
  target: 'node20',
  platform: 'neutral',
  sourcemap: true,
  clean: true,
  silent: true,
} as const

/** A package that others import: JavaScript and declarations. Its dependencies are read as built, not as source. */
export function library(entry: string[]) {
  return defineConfig({ ...shared, entry, dts: { compilerOptions: { customConditions: [] } } })
}

/** A program or service of this workspace: JavaScript only. */
export function app(entry: string[]) {
  return defineConfig({ ...shared, entry, dts: false })
}
