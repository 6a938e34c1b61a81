/** Pairs over links that break and come back: neither side notices, nothing is lost, repeated or out of order. */

import type { LinkState } from 'busbar/transport'
import { chapter } from '../case.js'
import { expectSame, expectThat } from '../expectation.js'
import type { Scene } from '../scene.js'
import type { Conversation, Offer } from '../seam/conversation.js'
import { mailbox } from '../seam/mailbox.js'
import { upTo } from '../seam/values.js'
import { comebackMs, within } from '../within.js'

const abilities = ['interrupt'] as const
const cut = (scene: Scene): Promise<void> =>
  within(scene.world.interrupt?.() ?? Promise.reject(new Error('this world cannot cut links')), 'the cut')

async function paired(scene: Scene) {
  const states = mailbox<LinkState>()
  const [dialing, accepting] = [await scene.link((state) => states.put(state)), await scene.link()]
  const topic = scene.channel('pair')
  const offers = mailbox<Offer>()
  await accepting.accept(topic, (offer) => offers.put(offer), { concurrency: 1 })
  await dialing.declare(topic)
  const dialer = dialing.open(topic, 'hello')
  const accepter = await offers.next('the dial')
  return { topic, states, offers, dialer, accepter }
}

/** Of all sizes, so that windows run full and frames are cut in the middle. */
const ballastOf = (n: number): string => 'x'.repeat((n * 37) % 3_000)
const wordsOf = (count: number) => upTo(count).map((n) => ({ n, ballast: ballastOf(n) }))

async function talk(side: Conversation, count: number): Promise<void> {
  for (const words of wordsOf(count)) await side.say(words)
}

async function hear(side: Conversation, count: number): Promise<unknown[]> {
  const values: unknown[] = []
  for (const _ of upTo(count)) {
    values.push(await side.value('what the other said', comebackMs))
  }
  return values
}

export const reconnectedPairs = chapter('reconnected-pairs', [
  {
    name: 'nothing-lost-nothing-twice',
    title: 'X1 F57 cuts lose, repeat and reorder nothing of a pair in either direction',
    proves: 'reconnect',
    needs: ['pair'],
    abilities,
    async run(scene) {
      const { dialer, accepter } = await paired(scene)
      const total = 1_000
      let talking = true
      const both = Promise.all([talk(dialer, total), talk(accepter, total)]).finally(() => {
        talking = false
      })
      const hearing = Promise.all([hear(accepter, total), hear(dialer, total)])
      for (let cuts = 0; cuts < 5 || (talking && cuts < 50); cuts += 1) {
        await cut(scene)
        await scene.pause(cuts * 7)
      }
      await within(both, 'the talk', comebackMs)
      const [heardByAccepter, heardByDialer] = await within(hearing, 'the hearing', comebackMs)
      expectSame(heardByAccepter, wordsOf(total), 'heard by the accepter')
      expectSame(heardByDialer, wordsOf(total), 'heard by the dialer')
    },
  },
  {
    name: 'still-taken',
    title: 'X1 a pair stays exclusive across a cut',
    proves: 'reconnect',
    needs: ['pair'],
    abilities,
    async run(scene) {
      const { topic, states, offers, dialer, accepter } = await paired(scene)
      await cut(scene)
      await states.take(2, 'changes of state')
      await dialer.say('still here')
      expectSame(await accepter.value('the pair'), 'still here', 'heard')
      const third = await scene.link()
      await third.declare(topic)
      expectSame((await third.open(topic, 'me too').closed('the refusal')).code, 'PAIR_TAKEN', 'closing')
      expectSame(offers.all.length, 1, 'dials that reached the accepter')
    },
  },
  {
    name: 'last-words',
    title: 'X1 what was said before closing arrives across a cut, then both sides are done',
    proves: 'reconnect',
    needs: ['pair'],
    abilities,
    async run(scene) {
      const { dialer, accepter } = await paired(scene)
      const cutting = cut(scene)
      await dialer.say('last words')
      dialer.exchange.close({ code: 'DONE' })
      await cutting
      expectSame((await accepter.closed('the closing')).code, 'DONE', 'closing at the accepter')
      expectSame(await accepter.value('the last words'), 'last words', 'last words')
      expectSame([accepter.closings.length, dialer.closings.length], [1, 1], 'closings')
    },
  },
  {
    name: 'reset-by-a-restart',
    title: 'X1 after a restart of the broker both sides of a pair hear PAIR_RESET',
    proves: 'reconnect',
    needs: ['pair'],
    abilities: ['restart'],
    async run(scene) {
      const { dialer, accepter } = await paired(scene)
      await within(
        scene.world.restart?.() ?? Promise.reject(new Error('this world cannot restart')),
        'restart',
        comebackMs,
      )
      for (const side of [dialer, accepter]) {
        expectSame((await side.closed('the closing', comebackMs)).code, 'PAIR_RESET', 'closing')
        expectThat(side.closings.length === 1, 'it hears so once')
      }
    },
  },
])
