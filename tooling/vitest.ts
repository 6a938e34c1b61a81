/** What all test runs have in common: source instead of builds, and syntax that Node 20 lacks compiled down. */
import { defineConfig } from 'vitest/config'
import type { TestSequencerConstructor } from 'vitest/node'

// Without `module`, which bundlers know and Node does not: packages that are left outside are run by Node.
const conditions = ['busbar-source', 'node', 'development|production']

interface Run {
  /** Names the report that CI adds up. */
  name: string
  include: string[]
  exclude?: string[]
  testTimeout?: number
  hookTimeout?: number
  fileParallelism?: boolean
  maxWorkers?: number
  sequence?: { sequencer: TestSequencerConstructor }
}

const results = process.env.BUSBAR_RESULTS

export function sourceTests({ name, ...run }: Run) {
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    oxc: { target: 'es2022' },
    test: {
      ...run,
      exclude: ['**/node_modules/**', '**/dist/**', '**/fixtures/**', ...(run.exclude ?? [])],
      passWithNoTests: true,
      ...(results !== undefined && {
        reporters: ['default', 'json'],
        outputFile: { json: `${results}/${name}.json` },
      }),
    },
  })
}
