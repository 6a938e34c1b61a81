/** Exclusive pairs: two parties, both ways in order, each learns when the other is gone. */

import type { Closed } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectRefusal, expectSame, expectThat, rejectionOf } from '../expectation.js'
import type { Scene } from '../scene.js'
import type { Conversation, Offer } from '../seam/conversation.js'
import { mailbox } from '../seam/mailbox.js'
import { upTo } from '../seam/values.js'
import { within } from '../within.js'

const DONE: Closed = { code: 'DONE' }
/** Makes parts so large that windows counted in bytes are full soon, as well as those counted in parts. */
const ballast = 'x'.repeat(8_000)
const vehicle = { params: ['vehicle'] }

/** Two links with one pair between them. */
async function paired(scene: Scene) {
  const [dialing, accepting] = [await scene.link(), await scene.link()]
  const topic = scene.channel('pair', vehicle)
  const offers = mailbox<Offer>()
  const acceptor = await accepting.accept(topic, (offer) => offers.put(offer), { path: ['v1'] })
  await dialing.declare(topic)
  const dialer = dialing.open(topic, 'hello', { path: ['v1'] })
  const accepter = await offers.next('the dial')
  return { topic, offers, dialing, accepting, acceptor, dialer, accepter }
}

const hear = async (side: Conversation, count: number): Promise<unknown[]> => {
  const values: unknown[] = []
  for (const _ of upTo(count)) values.push(await side.value('what the other said'))
  return values
}

export const pairs = chapter('pairs', [
  {
    name: 'both-ways-in-order',
    title: 'X1 both sides hear what the other said, in order',
    proves: 'pair',
    async run(scene) {
      const { dialer, accepter } = await paired(scene)
      const talk = async (side: Conversation) => {
        for (const n of upTo(100)) await side.say(n)
      }
      const [, , heardByAccepter, heardByDialer] = await Promise.all([
        talk(dialer),
        talk(accepter),
        hear(accepter, 100),
        hear(dialer, 100),
      ])
      expectSame(heardByAccepter, upTo(100), 'heard by the accepter')
      expectSame(heardByDialer, upTo(100), 'heard by the dialer')
    },
  },
  {
    name: 'second-dialer-is-refused',
    title: 'X1 a second dialer gets PAIR_TAKEN, and the pair goes on',
    proves: 'pair',
    async run(scene) {
      const { topic, dialer, accepter, offers } = await paired(scene)
      const third = await scene.link()
      await third.declare(topic)
      const refused = third.open(topic, 'me too', { path: ['v1'] })
      expectSame((await refused.closed('the refusal')).code, 'PAIR_TAKEN', 'closing')
      expectSame(offers.all.length, 1, 'dials that reached the accepter')
      await dialer.say('still here')
      expectSame(await accepter.value('the first pair'), 'still here', 'the first pair')
    },
  },
  {
    name: 'second-accepter-is-refused',
    title: 'X1 a second accepter of one address gets PAIR_TAKEN',
    proves: 'pair',
    async run(scene) {
      const { topic } = await paired(scene)
      const third = await scene.link()
      await expectRefusal(() => third.accept(topic, () => {}, { path: ['v1'] }), 'PAIR_TAKEN', 'accept')
      await within(
        third.accept(topic, () => {}, { path: ['v2'] }),
        'accepting another address',
      )
    },
  },
  {
    name: 'nobody-there',
    title: 'X1 a dial with nobody there closes with NO_RESPONDER',
    proves: 'pair',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('pair', vehicle)
      await link.declare(topic)
      const call = link.open(topic, 1, { path: ['v1'], timeoutMs: 60_000 })
      expectSame((await call.closed('the refusal')).code, 'NO_RESPONDER', 'closing')
    },
  },
  {
    name: 'addresses-are-apart',
    title: 'X1 pairs of different addresses do not hear each other',
    proves: 'pair',
    async run(scene) {
      const link = await scene.link()
      const topic = scene.channel('pair', vehicle)
      const offers = mailbox<Offer>()
      for (const path of [['v1'], ['v2']]) await link.accept(topic, (offer) => offers.put(offer), { path })
      const first = link.open(topic, 1, { path: ['v1'] })
      const second = link.open(topic, 2, { path: ['v2'] })
      const taken = await offers.take(2, 'the dials')
      const of = (n: number) => taken.find((offer) => offer.value0 === n)
      await of(1)?.say('one')
      await of(2)?.say('two')
      expectSame(await first.value('the first'), 'one', 'heard by the first')
      expectSame(await second.value('the second'), 'two', 'heard by the second')
    },
  },
  {
    name: 'closing-ends-both-sides',
    title: 'X1 what was said before closing arrives, then both sides are done',
    proves: 'pair',
    async run(scene) {
      const { dialer, accepter } = await paired(scene)
      await dialer.say('last words')
      dialer.exchange.close(DONE)
      expectSame((await accepter.closed('the closing')).code, 'DONE', 'closing at the accepter')
      expectSame(await accepter.value('the last words'), 'last words', 'last words')
      expectSame(accepter.closings.length, 1, 'closings')
      const error = await rejectionOf(() => accepter.say('anyone?'), 'saying something after the end')
      expectThat(error instanceof Error, 'a closed pair takes no more')
    },
  },
  {
    name: 'free-again',
    title: 'X1 after the end the address can be dialed again',
    proves: 'pair',
    async run(scene) {
      const { topic, dialing, accepter, dialer, offers } = await paired(scene)
      accepter.exchange.close(DONE)
      await dialer.closed('the closing')
      const again = dialing.open(topic, 'again', { path: ['v1'] })
      const offer = await offers.next('the second dial')
      await offer.say('welcome back')
      expectSame(await again.value('the greeting'), 'welcome back', 'heard')
    },
  },
  {
    name: 'dialer-gone',
    title: 'X1 when the dialer’s link goes, the accepter learns it with PEER_GONE',
    proves: 'pair',
    async run(scene) {
      const { dialing, accepter } = await paired(scene)
      await dialing.close(AbortSignal.abort())
      expectSame((await accepter.closed('the closing')).code, 'PEER_GONE', 'closing')
    },
  },
  {
    name: 'accepter-gone',
    title: 'X1 when the accepter’s link goes, the dialer learns it with PEER_GONE',
    proves: 'pair',
    async run(scene) {
      const { accepting, dialer } = await paired(scene)
      await accepting.close(AbortSignal.abort())
      expectSame((await dialer.closed('the closing')).code, 'PEER_GONE', 'closing')
    },
  },
  {
    name: 'nothing-is-lost-to-a-slow-side',
    title: 'X1 a side that is behind holds the other back and loses nothing',
    proves: 'pair',
    async run(scene) {
      const [dialing, accepting] = [await scene.link(), await scene.link()]
      const topic = scene.channel('pair')
      let release: () => void = () => {}
      const gate = new Promise<void>((resolve) => {
        release = resolve
      })
      const offers = mailbox<Offer>()
      await accepting.accept(topic, (offer) => offers.put(offer), { slow: () => gate })
      await dialing.declare(topic)
      const dialer = dialing.open(topic, 'hello')
      const accepter = await offers.next('the dial')
      const total = 600
      let said = 0
      const talking = (async () => {
        for (const n of upTo(total)) {
          await dialer.say({ n, ballast })
          said += 1
        }
      })()
      for (const n of upTo(20)) {
        await accepter.say(n)
        await dialer.value('the other way')
      }
      await scene.pause(20)
      expectThat(said < total, `the dialer waits; it said ${said} of ${total} to a side that read one`)
      release()
      await within(talking, 'the rest of the talk')
      expectSame(
        await hear(accepter, total),
        upTo(total).map((n) => ({ n, ballast })),
        'heard',
      )
    },
  },
])
