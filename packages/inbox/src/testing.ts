/** What every inbox store must do, as cases for any test runner. */

import type { InboxStore } from './store.js'

/** One promise of a store; `run` rejects with what was not kept. */
export interface InboxCase {
  readonly name: string
  run(store: InboxStore<unknown>): Promise<void>
}

/** Cases for a store that is empty; they use scopes that begin with `case`. */
export const inboxCases: readonly InboxCase[] = [
  {
    name: 'a mark hides its message, and no other id or scope',
    async run(store) {
      const runs: string[] = []
      const handle = (scope: string, id: string) =>
        store.run(scope, id, async () => void runs.push(`${scope}/${id}`))
      same(await handle('case a', '1'), true)
      same(await handle('case a', '1'), false)
      same(await handle('case a', '2'), true)
      same(await handle('case b', '1'), true)
      same(await handle('case', 'a 1'), true)
      same(runs.join(' '), 'case a/1 case a/2 case b/1 case/a 1')
    },
  },
  {
    name: 'an effect that throws leaves no mark, and its error arrives as it was thrown',
    async run(store) {
      const error = new Error('no')
      const thrown = await store
        .run('case throws', '1', () => Promise.reject(error))
        .catch((it: unknown) => it)
      same(thrown, error)
      same(await store.run('case throws', '1', async () => undefined), true)
      same(await store.run('case throws', '1', async () => undefined), false)
    },
  },
  {
    name: 'of concurrent calls for one message one has the effect and the others wait for it',
    async run(store) {
      const { runs, finished, results } = await crowd(store, 'case crowd', async () => undefined)
      same(runs, 1)
      same(finished, 1)
      same(results.filter((isFirst) => isFirst === true).length, 1)
      same(results.filter((isFirst) => isFirst === false).length, crowdSize - 1)
    },
  },
  {
    name: 'when the first of concurrent calls throws the next has the effect',
    async run(store) {
      let failed = false
      const { finished, results } = await crowd(store, 'case heirs', async () => {
        if (failed) return
        failed = true
        throw new Error('the first fails')
      })
      same(finished, 1)
      same(results.filter((isFirst) => isFirst === true).length, 1)
      same(results.filter((isFirst) => isFirst === 'threw').length, 1)
    },
  },
]

const crowdSize = 6

async function crowd(store: InboxStore<unknown>, scope: string, effect: () => Promise<void>) {
  let running = 0
  let runs = 0
  let finished = 0
  const call = (): Promise<boolean | 'threw'> =>
    store
      .run(scope, 'same', async () => {
        runs += 1
        running += 1
        same(running, 1)
        await new Promise<void>((resolve) => setImmediate(resolve))
        running -= 1
        await effect()
        finished += 1
      })
      .catch(() => 'threw')
  const results = await Promise.all(Array.from({ length: crowdSize }, call))
  return { runs, finished, results }
}

function same(actual: unknown, expected: unknown): void {
  if (Object.is(actual, expected)) return
  throw new Error(`expected ${String(expected)}, got ${String(actual)}`)
}
