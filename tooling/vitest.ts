/** What all test runs have in common: source instead of builds, and syntax that Node 20 lacks compiled down. */
import { defineConfig } from 'vitest/config'

const conditions = ['busbar-source', 'module', 'node', 'development|production']

interface Run {
  include: string[]
  exclude?: string[]
  testTimeout?: number
  fileParallelism?: boolean
}

export function sourceTests(run: Run) {
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    oxc: { target: 'es2022' },
    test: {
      ...run,
      exclude: ['**/node_modules/**', '**/dist/**', '**/fixtures/**', ...(run.exclude ?? [])],
      passWithNoTests: true,
    },
  })
}
