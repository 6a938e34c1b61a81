/** Signals: an aborted one has no side effect, and nothing hangs on it. */

import { isBusError } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat, rejectionOf } from '../expectation.js'
import { makeMessage, patternOf } from '../seam/channels.js'
import { listener } from '../seam/conversation.js'
import { within } from '../within.js'

const aborted = AbortSignal.abort()
const onGap = (): void => {}

/** The rejection must come in time, and name the cancellation: CANCELLED or the signal's own reason. */
async function expectCancelled(attempt: () => unknown, what: string): Promise<void> {
  const error = await rejectionOf(attempt, what)
  expectThat(
    isBusError(error, 'CANCELLED') || error === aborted.reason,
    `${what} is CANCELLED, not ${String(error)}`,
  )
}

export const cancellation = chapter('cancellation', [
  {
    name: 'aborted-publish',
    title: 'publish() with an aborted signal is refused and sends nothing',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      await link.declare(topic)
      const message = makeMessage(topic, 'never', { id: 'never', time: 0 })
      await expectCancelled(() => link.transport.publish({ channel: topic, message }, aborted), 'publish')
      await link.publish(topic, 'marker')
      expectSame((await (await link.consume(topic)).next('the marker')).value, 'marker', 'first message')
    },
  },
  {
    name: 'aborted-consume',
    title: 'consume() with an aborted signal is refused and takes nothing',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      await link.declare(topic)
      let taken = 0
      const request = { channel: topic, pattern: patternOf(topic), group: undefined, concurrency: 1, onGap }
      await expectCancelled(
        () =>
          link.transport.consume(
            request,
            () => {
              taken += 1
              return { kind: 'done' }
            },
            aborted,
          ),
        'consume',
      )
      await link.publish(topic, 'marker')
      expectSame((await (await link.consume(topic)).next('the marker')).value, 'marker', 'message of another')
      expectSame(taken, 0, 'messages of the refused consumer')
    },
  },
  {
    name: 'aborted-declare-and-manage',
    title: 'declare() and manage() with an aborted signal are refused',
    proves: 'inspect',
    needs: ['queue'],
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      await expectCancelled(() => link.transport.declare(topic, aborted), 'declare')
      await link.publish(topic, 'kept')
      await expectCancelled(() => link.transport.manage(topic, { op: 'purge' }, aborted), 'purge')
      expectSame((await link.manage(topic, { op: 'inspect' })).ready, 1, 'messages after the refused purge')
    },
  },
  {
    name: 'aborted-open',
    title: 'an exchange opened with an aborted signal closes with CANCELLED and reaches nobody',
    proves: 'request',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('request')
      const asked: unknown[] = []
      await link.accept(topic, (offer) => {
        asked.push(offer.value0)
        void offer.say('x', { end: true })
        offer.exchange.close({ code: 'DONE' })
      })
      const heard = listener()
      const message = makeMessage(topic, 'never', { id: 'never', time: 0 })
      link.transport.open({ channel: topic, message, timeoutMs: 60_000 }, heard.peer, aborted)
      expectSame((await heard.closed('the closing')).code, 'CANCELLED', 'closing')
      await link.open(topic, 'marker', { timeoutMs: 60_000 }).closed('the marker')
      expectSame(asked, ['marker'], 'requests that arrived')
    },
  },
  {
    name: 'aborted-accept',
    title: 'accept() with an aborted signal is refused and serves nobody',
    proves: 'request',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('request')
      await link.declare(topic)
      const request = { channel: topic, pattern: patternOf(topic), concurrency: 1 }
      await expectCancelled(() => link.transport.accept(request, () => listener().peer, aborted), 'accept')
      const call = link.open(topic, 1, { timeoutMs: 60_000 })
      expectSame((await call.closed('the closing')).code, 'NO_RESPONDER', 'closing')
    },
  },
  {
    name: 'close-gives-up-waiting',
    title: 'F87 close() whose signal is aborted does not wait for handlers',
    proves: 'queue',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('queue')
      const inbox = await link.consume(topic, { handle: 'hold' })
      await link.publish(topic, 'held')
      await inbox.next('the message')
      await within(link.transport.close(aborted), 'close() with an aborted signal')
    },
  },
  {
    name: 'aborting-during-close',
    title: 'F87 aborting the signal of a close() that waits lets it end, and the message goes to others',
    proves: 'queue',
    async run(scene) {
      const [one, two] = [await scene.link(), await scene.link()]
      const topic = scene.channel('queue')
      const inbox = await one.consume(topic, { handle: 'hold' })
      await two.publish(topic, 'held')
      await inbox.next('the message')
      const giveUp = new AbortController()
      const closing = one.transport.close(giveUp.signal)
      giveUp.abort()
      await within(closing, 'close()')
      expectSame((await (await two.consume(topic)).next('the redelivery')).value, 'held', 'message')
    },
  },
])
