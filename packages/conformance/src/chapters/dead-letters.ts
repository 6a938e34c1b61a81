/** Messages that were given up: kept whole, listed, put back, discarded. */

import type { Channel, DeadLetterRecord, Outcome } from 'busbar/transport'
import { EncodedBody } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import { decode, encode } from '../seam/channels.js'
import type { Item } from '../seam/inbox.js'
import type { Link } from '../seam/link.js'
import { factsOf, sorted, upTo, valuesOf } from '../seam/values.js'
import { eventually, within } from '../within.js'

const reject: Outcome = {
  kind: 'reject',
  reason: 'rejected',
  failure: { message: 'overweight', code: 'HEAVY', issues: [{ path: 'kg', message: 'at most 32' }] },
}

const list = (link: Link, topic: Channel, limit = 100) => link.manage(topic, { op: 'dead.list', limit })
const payloadOf = (letter: DeadLetterRecord): unknown => decode(letter.message.body.bytes())

/** Publishes values and rejects them all; no worker is left afterwards. */
async function bury(link: Link, topic: Channel, values: readonly unknown[], group?: string): Promise<Item[]> {
  const inbox = await link.consume(topic, { handle: () => reject, ...(group !== undefined && { group }) })
  await link.publishAll(topic, values)
  const items = await inbox.take(values.length, 'messages to reject')
  await within(inbox.consumer.close(), 'close()')
  return items
}

export const deadLetters = chapter('dead-letters', [
  {
    name: 'keeps-the-message-whole',
    title: 'Q5 a rejected message is kept with payload, headers, key, id, address, reason and failure',
    proves: 'deadletters',
    needs: ['queue'],
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const inbox = await one.consume(topic, { handle: () => reject })
      await one.publish(topic, { kg: 99 }, { id: 'bag-1', key: 'KL23', headers: { mine: 'x' }, time: 1_234 })
      await inbox.next('the message')
      await within(inbox.consumer.close(), 'close()')
      const { letters, next } = await list(two, topic)
      expectSame([letters.length, next], [1, undefined], 'letters and next page')
      const letter = letters[0] as DeadLetterRecord // its length was just checked
      expectSame(payloadOf(letter), { kg: 99 }, 'payload')
      expectSame(
        factsOf(letter.message),
        { id: 'bag-1', address: topic.name, key: 'KL23', headers: { mine: 'x' }, time: 1_234 },
        'message',
      )
      expectSame(
        [letter.reason, letter.attempts, letter.group],
        ['rejected', 1, undefined],
        'reason, attempts, group',
      )
      expectSame(letter.lastFailure, reject.failure, 'last failure')
      expectThat(Math.abs(scene.clock.now() - letter.diedAt) < 60_000, 'the time of death is about now')
    },
  },
  {
    name: 'keeps-first-and-last-failure',
    title: 'Q5 a letter tells its first failure, its last, and how often it was tried',
    proves: 'deadletters',
    needs: ['queue', 'queue.retry'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const inbox = await link.consume(topic, {
        handle: ({ attempt }) =>
          attempt < 3
            ? { kind: 'retry', afterMs: 0, failure: { message: `try ${attempt}` } }
            : { kind: 'reject', reason: 'attempts', failure: { message: 'try 3' } },
      })
      await link.publish(topic, 1)
      await inbox.take(3, 'attempts')
      await within(inbox.consumer.close(), 'close()')
      const [letter] = (await list(link, topic)).letters
      expectSame(
        [letter?.reason, letter?.attempts, letter?.firstFailure?.message, letter?.lastFailure?.message],
        ['attempts', 3, 'try 1', 'try 3'],
        'reason, attempts, failures',
      )
    },
  },
  {
    name: 'lost-workers-use-up-attempts',
    title: 'Q4 a message that takes down every worker becomes a dead letter at its last attempt',
    proves: 'deadletters',
    needs: ['queue', 'queue.retry'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue', {
        guarantees: { retry: { attempts: 2, backoff: 'fixed', initialMs: 1, maxMs: 1 } },
      })
      await link.publish(topic, 'poison')
      for (const attempt of [1, 2]) {
        const victim = await scene.link()
        const item = await (await victim.consume(topic, { handle: 'hold' })).next('the poison')
        expectSame(item.attempt, attempt, 'attempt')
        await victim.close(AbortSignal.abort())
      }
      const survivor = await link.consume(topic)
      await link.publish(topic, 'marker')
      expectSame((await survivor.next('the marker')).value, 'marker', 'message of the survivor')
      // The survivor may be handed the marker before the poison.
      const dead = (answer: Awaited<ReturnType<typeof list>>): boolean => answer.letters.length > 0
      const { letters } = await eventually(() => list(link, topic), dead, 'the letter', scene.clock)
      expectSame(
        letters.map((letter) => [payloadOf(letter), letter.reason]),
        [['poison', 'attempts']],
        'letters',
      )
    },
  },
  {
    name: 'lists-in-pages',
    title: 'Q5 letters are listed oldest first, in pages',
    proves: 'deadletters',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      await bury(link, topic, upTo(5))
      const values: unknown[] = []
      let after: string | undefined
      for (let page = 0; page < 3; page += 1) {
        const command = { op: 'dead.list', limit: 2, ...(after !== undefined && { after }) } as const
        const { letters, next } = await link.manage(topic, command)
        values.push(...letters.map(payloadOf))
        expectSame(next === undefined, page === 2, `the last page at page ${page}`)
        after = next
      }
      expectSame(values, upTo(5), 'letters of all pages')
    },
  },
  {
    name: 'redrive-all',
    title: 'Q5 redrive puts every letter back once, under its id, as attempt 1',
    proves: 'deadletters',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const buried = await bury(link, topic, upTo(4))
      expectSame((await link.manage(topic, { op: 'dead.redrive' })).count, 4, 'put back')
      expectSame((await link.manage(topic, { op: 'dead.redrive' })).count, 0, 'put back by a second redrive')
      const inbox = await link.consume(topic)
      const items = await inbox.take(4, 'messages')
      expectSame(sorted(valuesOf(items)), upTo(4), 'payloads')
      expectSame(
        items.map((item) => [item.message.id, item.attempt]).sort(),
        buried.map((item) => [item.message.id, 1]).sort(),
        'ids and attempts',
      )
      await link.publish(topic, 'marker')
      expectSame((await inbox.next('the marker')).value, 'marker', 'the next message')
      expectSame((await list(link, topic)).letters.length, 0, 'letters left')
    },
  },
  {
    name: 'redrive-some',
    title: 'Q5 redrive of some ids leaves the other letters',
    proves: 'deadletters',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const [, second] = await bury(link, topic, ['a', 'b', 'c'])
      const ids = [second?.message.id ?? '']
      expectSame((await link.manage(topic, { op: 'dead.redrive', ids })).count, 1, 'put back')
      expectSame((await (await link.consume(topic)).next('the message')).value, 'b', 'message')
      expectSame((await list(link, topic)).letters.map(payloadOf), ['a', 'c'], 'letters left')
    },
  },
  {
    name: 'redrive-mended',
    title: 'Q5 redrive with a body puts that body back',
    proves: 'deadletters',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const [bad] = await bury(link, topic, [{ kg: 99 }])
      const body = new EncodedBody('json', encode({ kg: 9 }))
      await link.manage(topic, { op: 'dead.redrive', ids: [bad?.message.id ?? ''], body })
      const item = await (await link.consume(topic)).next('the message')
      expectSame([item.value, item.message.id], [{ kg: 9 }, bad?.message.id], 'payload and id')
    },
  },
  {
    name: 'redrive-unknown-id',
    title: 'Q5 redrive and discard of an unknown id change nothing',
    proves: 'deadletters',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      await bury(link, topic, ['a'])
      const ids = ['nobody']
      expectSame((await link.manage(topic, { op: 'dead.redrive', ids })).count, 0, 'put back')
      expectSame((await link.manage(topic, { op: 'dead.discard', ids })).count, 0, 'discarded')
      expectSame((await list(link, topic)).letters.length, 1, 'letters')
    },
  },
  {
    name: 'discard',
    title: 'Q5 discard removes letters for good',
    proves: 'deadletters',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const [first] = await bury(link, topic, ['a', 'b', 'c'])
      const ids = [first?.message.id ?? '']
      expectSame((await link.manage(topic, { op: 'dead.discard', ids })).count, 1, 'discarded')
      expectSame((await list(link, topic)).letters.map(payloadOf), ['b', 'c'], 'letters left')
      expectSame((await link.manage(topic, { op: 'dead.discard' })).count, 2, 'discarded in all')
      expectSame((await link.manage(topic, { op: 'dead.redrive' })).count, 0, 'put back afterwards')
    },
  },
  {
    name: 'letters-of-a-group',
    title: 'Q5 a letter names its group, and redrive goes to that group only',
    proves: 'deadletters',
    needs: ['event.retry', 'event.groups'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('event', { guarantees: { tracked: true } })
      const fine = await link.consume(topic, { group: 'fine' })
      await bury(link, topic, ['x'], 'strict')
      expectSame(
        (await list(link, topic)).letters.map((letter) => letter.group),
        ['strict'],
        'groups',
      )
      await link.manage(topic, { op: 'dead.redrive' })
      const strict = await link.consume(topic, { group: 'strict' })
      expectSame((await strict.next('the event')).value, 'x', 'event')
      await link.publish(topic, 'marker')
      expectSame(valuesOf(await fine.take(2, 'events')), ['x', 'marker'], 'events of the other group')
    },
  },
])
