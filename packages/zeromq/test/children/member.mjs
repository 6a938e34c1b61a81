// A service in a process of its own: a member of a group, a responder that never answers, and the other side of a pair.

import { zeromq } from '@busbar/zeromq'
import { systemClock } from 'busbar/transport'

const [, , url = '', channels = '[]'] = process.argv
const never = new AbortController().signal
const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)
const host = { service: 'child', instance: 'child', clock: systemClock, random: Math.random, onState() {} }
const link = await zeromq({ url, directory: 'join' })(host)

for (const channel of JSON.parse(channels)) {
  await link.declare(channel, never)
  const request = { channel, pattern: channel.name, concurrency: 1 }
  if (channel.kind === 'event') {
    const handle = () => {
      say('event')
      return { kind: /** @type {const} */ ('done') }
    }
    await link.consume({ ...request, group: 'g', onGap() {} }, handle, never)
  } else {
    const take = () => {
      say(channel.kind)
      return { part() {}, closed() {} }
    }
    await link.accept(request, take, never)
  }
}
say('ready')
