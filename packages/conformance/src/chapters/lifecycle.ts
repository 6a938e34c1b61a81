/** Opening and closing: links come up open, close once, drain, and refuse afterwards. */

import { done, features } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectRefusal, expectSame, expectThat } from '../expectation.js'
import { makeMessage } from '../seam/channels.js'
import { listener } from '../seam/conversation.js'
import { upTo, valuesOf } from '../seam/values.js'
import { within } from '../within.js'

const never = new AbortController().signal

export const lifecycle = chapter('lifecycle', [
  {
    name: 'capabilities-are-data',
    title: 'capabilities are frozen, JSON-safe and speak of every feature',
    proves: 'contract',
    async run(scene) {
      const { capabilities, name } = (await scene.link()).transport
      expectThat(name.length > 0, 'the transport has a name')
      expectThat(Object.isFrozen(capabilities), 'capabilities are frozen')
      expectSame(JSON.parse(JSON.stringify(capabilities)), capabilities, 'capabilities as JSON')
      expectSame(Object.keys(capabilities.features).sort(), [...features].sort(), 'features spoken of')
      for (const feature of features) {
        const kind = features.find((other) => feature.startsWith(`${other}.`))
        if (kind === undefined || capabilities.features[feature] === 'none') continue
        expectThat(capabilities.features[kind] !== 'none', `${feature} implies ${kind}`)
      }
      expectThat(capabilities.limits.maxMessageBytes > 0, 'some bytes fit into a message')
    },
  },
  {
    name: 'two-links-meet',
    title: 'two links of one broker meet, and closing one leaves the other',
    proves: 'event',
    async run(scene) {
      const [one, two, three] = [await scene.link(), await scene.link(), await scene.link()]
      const topic = scene.channel('event')
      const inbox = await one.consume(topic)
      await two.publish(topic, 'before')
      await two.close()
      await three.publish(topic, 'after')
      expectSame(valuesOf(await inbox.take(2, 'messages')), ['before', 'after'], 'messages')
    },
  },
  {
    name: 'close-is-idempotent',
    title: 'F86 close() twice, also at once, resolves each time',
    proves: 'contract',
    async run(scene) {
      const link = await scene.link()
      await Promise.all([link.close(), link.close()])
      await link.close()
    },
  },
  {
    name: 'closed-link-refuses',
    title: 'F88 every verb of a closed link is refused with CLOSED, publishes with outcome rejected',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      await link.declare(topic)
      await link.close()
      const error = await expectRefusal(() => link.publish(topic, 1), 'CLOSED', 'publish')
      expectSame(error.outcome, 'rejected', 'outcome')
      await expectRefusal(() => link.consume(topic), 'CLOSED', 'consume')
      await expectRefusal(() => link.manage(topic, { op: 'inspect' }), 'CLOSED', 'manage')
      const other = scene.channel('queue', { label: 'other' })
      await expectRefusal(() => link.transport.declare(other, never), 'CLOSED', 'declare')
    },
  },
  {
    name: 'closed-link-opens-nothing',
    title: 'F88 an exchange opened on a closed link closes with CLOSED, and accepting is refused',
    proves: 'request',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('request')
      await link.declare(topic)
      await link.close()
      const heard = listener()
      const message = makeMessage(topic, 1, { id: scene.id, time: 0 })
      link.transport.open({ channel: topic, message, timeoutMs: 1_000 }, heard.peer, never)
      expectSame((await heard.closed('the exchange')).code, 'CLOSED', 'closing')
      await expectRefusal(() => link.accept(topic, () => {}), 'CLOSED', 'accept')
    },
  },
  {
    name: 'close-flushes',
    title: 'F87 what was published before close() is receipted and arrives',
    proves: 'queue',
    async run(scene) {
      const [sender, worker] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      await sender.declare(topic)
      const receipts = upTo(200).map((value) => sender.publish(topic, value))
      await sender.close()
      await within(Promise.all(receipts), 'receipts')
      const inbox = await worker.consume(topic)
      expectSame(valuesOf(await inbox.take(200, 'messages')), upTo(200), 'messages')
    },
  },
  {
    name: 'consumer-close-waits',
    title: 'F87 closing a consumer waits for the running handler and carries out its outcome',
    proves: 'queue',
    needs: ['inspect'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      await link.publish(topic, 'running')
      const inbox = await link.consume(topic, { handle: 'hold' })
      const item = await inbox.next('the message')
      let closed = false
      const closing = inbox.consumer.close().then(() => {
        closed = true
      })
      await link.publish(topic, 'kept for others')
      expectThat(!closed, 'close() waits while a handler runs')
      item.settle(done)
      await within(closing, 'close()')
      const state = await link.manage(topic, { op: 'inspect' })
      expectSame([state.done, state.ready], [1, 1], 'done and ready')
    },
  },
  {
    name: 'consumer-close-ends-deliveries',
    title: 'F87 a closed consumer gets nothing more; the next one gets the rest',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const first = await link.consume(topic)
      await link.publish(topic, 1)
      await first.next('the first')
      await within(first.consumer.close(), 'close()')
      await within(first.consumer.close(), 'close() again')
      await link.publish(topic, 2)
      const second = await link.consume(topic)
      expectSame((await second.next('the second')).value, 2, 'message')
      expectSame(first.all.length, 1, 'deliveries to the closed consumer')
    },
  },
  {
    name: 'link-close-ends-consumers',
    title: 'F87 consumers of a closed link settle their end',
    proves: 'event',
    async run(scene) {
      const link = await scene.link()
      const inbox = await link.consume(scene.channel('event'))
      await link.close()
      const reason = await within(inbox.consumer.ended, 'the end')
      expectThat(reason === 'CLOSED' || reason === undefined, `the consumer ends, ${reason} is why`)
      await within(inbox.consumer.close(), 'close() after the end')
    },
  },
])
