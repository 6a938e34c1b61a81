/** An engine with one durable stream on a store in files, and readers that count what they see. */

import {
  createEngine,
  EncodedBody,
  type Engine,
  type EngineConsumer,
  type Message,
  type Start,
  systemClock,
} from 'busbar/transport'
import type { Disk } from '../src/disk.js'
import { openStore } from '../src/index.js'
import { channel } from './told.js'

export interface StreamOptions {
  readonly dir: string
  readonly disk?: Disk
  readonly segmentBytes?: number
}

const stream = { ...channel('radar.point'), kind: 'stream' as const }

/** 250 bytes that begin with their number. */
function payload(number: number): Uint8Array {
  const bytes = new Uint8Array(250).fill(46)
  bytes.set(new TextEncoder().encode(`${number} `))
  return bytes
}

export const numberOf = ({ body }: Message): number =>
  Number.parseInt(new TextDecoder().decode(body.bytes().subarray(0, 12)), 10)

export async function openStream(options: StreamOptions) {
  const store = await openStore({ minFreeBytes: 0, ...options })
  const engine: Engine = createEngine({
    clock: systemClock,
    random: () => 0.5,
    defer: queueMicrotask,
    store,
  })
  engine.declare(stream)
  return {
    engine,
    channel: stream,
    inspect: () => engine.manage(stream, { op: 'inspect' }),
    append(number: number) {
      const message: Message = {
        id: `m${number}`,
        address: stream.name,
        key: undefined,
        headers: {},
        time: 0,
        body: new EncodedBody('json', payload(number)),
      }
      return engine.publish({ channel: stream, message })
    },
    /** Resolves at the end of what there is; `seen` is called with each record. */
    replay(
      start: Start,
      seen: (offset: number, message: Message) => void,
      { group, credit = 256 }: { readonly group?: string; readonly credit?: number } = {},
    ): Promise<void> {
      return new Promise((resolve, reject) => {
        const consumer = engine.consume(
          {
            channel: stream,
            pattern: stream.name,
            group,
            concurrency: credit,
            start,
            until: 'now',
            onGap() {},
          },
          {
            deliver({ token, message, offset = -1 }) {
              seen(offset, message)
              consumer.settle(token, { kind: 'done' })
              consumer.credit(1)
            },
            onGap: (gap) => reject(new Error(`a gap: ${JSON.stringify(gap)}`)),
            ended: (reason) => (reason === undefined ? resolve() : reject(new Error(reason))),
            lost() {},
          },
        )
        consumer.credit(credit)
      })
    },
    /** Reads what comes from now on. */
    follow(seen: (offset: number, message: Message) => void): EngineConsumer {
      const request = { channel: stream, pattern: stream.name, group: undefined, concurrency: 1, onGap() {} }
      const consumer = engine.consume(request, {
        deliver({ token, message, offset = -1 }) {
          seen(offset, message)
          consumer.settle(token, { kind: 'done' })
          consumer.credit(1)
        },
        onGap() {},
        ended() {},
        lost() {},
      })
      consumer.credit(1)
      return consumer
    },
    async close() {
      engine.close()
      await store.close()
    },
  }
}
