/** What can happen to a hub, as plain data: it prints, shrinks and can be kept as a fixture. */

import fc from 'fast-check'

export type Command =
  | {
      readonly do: 'publish'
      /** Few, so that ids come twice. */
      readonly id: number
      readonly key: number
      readonly place: number
      readonly priority: number
      readonly delayMs: number
      readonly size: number
    }
  /** Of a slot: who is not there joins first. */
  | { readonly do: 'credit'; readonly slot: number; readonly messages: number }
  | { readonly do: 'leave'; readonly slot: number; readonly failed: boolean }
  | { readonly do: 'stop'; readonly slot: number }
  | {
      readonly do: 'settle'
      readonly pick: number
      readonly how: 'done' | 'drop' | 'retry' | 'reject'
      readonly afterMs: number
    }
  /** Settles or extends with a token that is not valid any more. */
  | { readonly do: 'stale'; readonly pick: number; readonly how: 'settle' | 'extend' }
  | { readonly do: 'extend'; readonly pick: number }
  | { readonly do: 'purge' }
  | { readonly do: 'discard'; readonly pick: number | undefined }
  | { readonly do: 'redrive'; readonly pick: number | undefined; readonly mend: boolean }
  | { readonly do: 'advance'; readonly ms: number }
  /** Asks whether all is on disk, and believes the answer when it comes. */
  | { readonly do: 'flush' }
  /** Runs so many of the tasks that were put off. */
  | { readonly do: 'run'; readonly tasks: number }
  /** Ends the turn: the store writes. */
  | { readonly do: 'turn' }
  | { readonly do: 'sync' }
  /** Lets everything happen until all is quiet. */
  | { readonly do: 'rest' }
  | { readonly do: 'full'; readonly on: boolean }
  | { readonly do: 'fail' }
  /** The hub ends in order and starts again. */
  | { readonly do: 'close' }
  | {
      readonly do: 'crash'
      readonly power: boolean
      readonly seed: number
      readonly downMs: number
      /** The wall clock is set by so much meanwhile. */
      readonly jumpMs: number
      /** The recovery is cut off after so many steps, and again. */
      readonly cuts: readonly { readonly steps: number; readonly power: boolean }[]
    }

const slot = fc.nat(3)
const pick = fc.nat(30)
const of = <const T>(...values: readonly T[]) => fc.constantFrom(...values)

type Of<D extends Command['do']> = Extract<Command, { readonly do: D }>

const command = <D extends Command['do']>(
  weight: number,
  what: D,
  rest: { readonly [K in Exclude<keyof Of<D>, 'do'>]: fc.Arbitrary<Of<D>[K]> },
): { readonly weight: number; readonly arbitrary: fc.Arbitrary<Command> } => ({
  weight,
  // A spread of a mapped type is too much for the compiler; the parameter's type says the same.
  arbitrary: fc.record({ do: fc.constant(what), ...rest }) as unknown as fc.Arbitrary<Of<D>>,
})

const one: fc.Arbitrary<Command> = fc.oneof(
  command(22, 'publish', {
    id: fc.nat(12),
    key: fc.nat(2),
    place: fc.nat(1),
    priority: of(0, 0, 5, 9),
    delayMs: of(0, 0, 0, 0, 50, 700),
    size: of(0, 0, 100, 100, 1_000, 5_000, 20_000),
  }),
  command(12, 'credit', { slot, messages: of(1, 2, 10) }),
  command(22, 'settle', {
    pick,
    how: of('done', 'done', 'done', 'drop', 'retry', 'retry', 'reject'),
    afterMs: of(0, 0, 30, 600),
  }),
  command(3, 'stale', { pick, how: of('settle', 'extend') }),
  command(2, 'extend', { pick }),
  command(3, 'leave', { slot, failed: fc.boolean() }),
  command(1, 'stop', { slot }),
  command(1, 'purge', {}),
  command(2, 'discard', { pick: fc.option(pick, { nil: undefined }) }),
  command(4, 'redrive', { pick: fc.option(pick, { nil: undefined }), mend: fc.boolean() }),
  command(8, 'advance', { ms: of(1, 20, 60, 400, 600, 2_100) }),
  command(6, 'flush', {}),
  command(12, 'run', { tasks: of(1, 2, 100) }),
  command(10, 'turn', {}),
  command(10, 'sync', {}),
  command(14, 'rest', {}),
  command(1, 'full', { on: fc.boolean() }),
  command(1, 'fail', {}),
  command(2, 'close', {}),
  command(6, 'crash', {
    power: fc.boolean(),
    seed: fc.nat(1_000_000),
    downMs: of(0, 0, 100, 700, 3_000),
    jumpMs: of(0, 0, 0, 0, 0, 0, 3_600_000, -3_600_000),
    cuts: fc.array(fc.record({ steps: fc.nat(60), power: fc.boolean() }), { maxLength: 2 }),
  }),
)

/** Most seeds are short, some long enough to fill segments. */
export const commands: fc.Arbitrary<Command[]> = fc.array(one, { maxLength: 100, size: 'max' })
