/** Publishing: receipts, whole messages, declarations. */

import { chapter } from '../case.js'
import { expectRefusal, expectSame, expectThat } from '../expectation.js'
import { factsOf } from '../seam/values.js'
import { within } from '../within.js'

export const publish = chapter('publish', [
  {
    name: 'receipt-names-the-message',
    title: 'a receipt carries the id of the message and an honest level',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const id = `${scene.id}-one`
      const receipt = await within(link.publish(topic, 1, { id }), 'the receipt')
      expectSame(receipt.id, id, 'id')
      expectThat(['sent', 'accepted', 'durable'].includes(receipt.level), 'the level is one of three')
      expectThat(receipt.duplicate !== true, 'a first message is no duplicate')
    },
  },
  {
    name: 'message-arrives-whole',
    title: 'id, address, key, headers, time, codec and bytes arrive as they left',
    proves: 'event',
    needs: ['event.path'],
    async run(scene) {
      const [sender, receiver] = [await scene.link(), await scene.link()]
      const topic = scene.channel('event', { params: ['airline', 'flight'] })
      const inbox = await receiver.consume(topic)
      const headers = { source: 'tower', traceparent: '00-1-2-01', mine: 'ü' }
      const path = ['KL', 'KL23']
      await sender.publish(
        topic,
        { a: [1, 'x', null] },
        { id: 'id-1', key: 'k', headers, path, time: 1_234_567 },
      )
      const { message, attempt } = await inbox.next('the message')
      expectSame(
        factsOf(message),
        { id: 'id-1', address: `${topic.name}.KL.KL23`, key: 'k', headers, time: 1_234_567 },
        'message',
      )
      expectSame(
        [message.body.codec, new TextDecoder().decode(message.body.bytes())],
        ['json', '{"a":[1,"x",null]}'],
        'body',
      )
      expectSame(attempt, 1, 'attempt')
    },
  },
  {
    name: 'declare-is-idempotent',
    title: 'C5 declaring a channel again, on this link or another, changes nothing',
    proves: 'queue',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const { signal } = new AbortController()
      await one.publish(topic, 'kept')
      await one.transport.declare(topic, signal)
      await two.transport.declare({ ...topic }, signal)
      expectSame((await (await two.consume(topic)).next('the message')).value, 'kept', 'message')
    },
  },
  {
    name: 'declare-refuses-another-kind',
    title: 'C5 a name that is taken by another kind is refused with CONTRACT_MISMATCH',
    proves: 'queue',
    needs: ['event'],
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      await one.declare(scene.channel('queue', { label: 'topic' }))
      const other = scene.channel('event', { label: 'topic', fingerprint: '1111111111111111' })
      await expectRefusal(() => two.declare(other), 'CONTRACT_MISMATCH', 'declare')
    },
  },
  {
    name: 'another-fingerprint-is-noted',
    title: 'C5 another build of a contract is let in and shows in inspect',
    proves: 'inspect',
    needs: ['queue'],
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const fingerprint = '1111111111111111'
      await one.declare(topic)
      await two.declare({ ...topic, fingerprint })
      expectSame((await one.manage(topic, { op: 'inspect' })).mismatches, [fingerprint], 'mismatches')
    },
  },
  {
    name: 'nobody-listens',
    title: 'E1 an event that nobody subscribed to is receipted all the same',
    proves: 'event',
    async run(scene) {
      const link = await scene.link()
      const receipt = await within(link.publish(scene.channel('event'), 1, { id: 'e-1' }), 'the receipt')
      expectSame(receipt.id, 'e-1', 'id')
    },
  },
  {
    name: 'every-publish-is-receipted',
    title: '1,000 publishes at once get 1,000 receipts, each its own',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      await link.declare(topic)
      const ids = Array.from({ length: 1_000 }, (_, index) => `${scene.id}-${index}`)
      const receipts = await within(Promise.all(ids.map((id) => link.publish(topic, 0, { id }))), 'receipts')
      expectSame(
        receipts.map((receipt) => receipt.id),
        ids,
        'ids',
      )
    },
  },
])
