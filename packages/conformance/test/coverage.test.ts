/** Nothing that a transport may claim goes unproven, and nothing that it may lack goes unrefused. */

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Connect, memory } from 'busbar'
import { type Feature, features } from 'busbar/transport'
import { describe, expect, it } from 'vitest'
import { cases, runCase, runConformance } from '../src/index.js'
import { refused, unasked } from '../src/refusals.js'
import { capabilitiesOf } from '../src/run.js'
import { altered } from './mutants/mutant.js'

/** The memory wire without one feature. */
function without(feature: Feature): Connect {
  const connect = memory({ name: 'lacking' })
  return async (host) => {
    const inner = await connect(host)
    const claims = { ...inner.capabilities.features, [feature]: 'none' as const }
    return altered(inner, {
      capabilities: Object.freeze({ ...inner.capabilities, features: Object.freeze(claims) }),
    })
  }
}

describe('coverage', () => {
  it('every feature is proven by a case', () => {
    const proven = new Set(cases.filter((one) => one.lacks === undefined).map((one) => one.proves))
    expect(features.filter((feature) => !proven.has(feature))).toEqual([])
  })

  it('every feature is refused when it is missing, or there is a reason why nothing asks for it', () => {
    const known = [...Object.keys(refused), ...Object.keys(unasked)]
    expect(known.sort()).toEqual([...features].sort())
  })

  it('ids are unique, titles are sentences, and there are at least 90 cases', () => {
    const ids = cases.map((one) => one.id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => !/^[a-z-]+\/[a-z0-9-]+$/.test(id))).toEqual([])
    expect(cases.filter((one) => one.lacks === undefined).length).toBeGreaterThanOrEqual(90)
  })

  it('no case looks at the name of a transport', () => {
    const root = fileURLToPath(new URL('../src/', import.meta.url))
    const offenders = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .filter((path) =>
        /\b(transport|harness)\.name\s*(===|!==|==|\.(includes|startsWith|match))/.test(read(path)),
      )
    expect(offenders).toEqual([])
    function read(path: string): string {
      return readFileSync(`${root}${path}`, 'utf8')
    }
  })
})

describe('a transport that lacks', () => {
  for (const feature of features.filter((name) => name in refused)) {
    it(`F84 ${feature} has its first use refused by the bus`, async () => {
      const world = { connect: without(feature), async [Symbol.asyncDispose]() {} }
      const capabilities = await capabilitiesOf(world)
      const refusal = cases.find((one) => one.lacks === feature)
      if (refusal === undefined) throw new Error('no case')
      const result = await runCase(refusal, world, capabilities)
      expect('error' in result ? result.error.message : result.verdict).toBe('passed')
    })
  }
})

describe('the runner', () => {
  const start = async () => ({ connect: memory(), async [Symbol.asyncDispose]() {} })
  const passing = cases.filter((one) => one.id === 'publish/nobody-listens')
  const known = { reason: 'to be seen', issue: '#1' }

  it('fails a known failure that passes', async () => {
    const knownFailures = [{ case: 'publish/nobody-listens', ...known }]
    const { results } = await runConformance({ name: 'x', start, knownFailures }, { cases: passing })
    expect(results.map((result) => result.verdict)).toEqual(['failed'])
  })

  it('lets a known failure fail, and says why it skips', async () => {
    const failing = passing.map((one) => ({ ...one, run: () => Promise.reject(new Error('broken')) }))
    const knownFailures = [{ case: 'publish/nobody-listens', ...known }]
    const needy = cases.filter((one) => one.id === 'reconnect/says-so')
    const { results } = await runConformance(
      { name: 'x', start, knownFailures },
      { cases: [...failing, ...needy] },
    )
    expect(results.map((result) => result.verdict)).toEqual(['known', 'skipped'])
    expect(results[1]).toMatchObject({ why: 'the transport has no reconnect' })
  })

  it('names a case that hangs', async () => {
    const hanging = passing.map((one) => ({ ...one, run: () => new Promise<void>(() => {}) }))
    const { results } = await runConformance({ name: 'x', start }, { cases: hanging, caseLimitMs: 20 })
    expect(results[0]).toMatchObject({
      verdict: 'failed',
      error: { message: expect.stringContaining('publish/') },
    })
  })
})
