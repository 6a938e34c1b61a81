/** Requests and pairs on the smallest broker there is: inboxes and servers in one process. */

import type { Host } from 'busbar/transport'
import { createExchanges, type Exchanges, type Frame, type OnOpening } from '../../src/index.js'

export class Post {
  readonly inboxes = new Map<string, (frame: Frame) => void>()
  readonly servers = new Map<string, OnOpening>()
}

export function exchangesOn(post: Post, host: Host): Exchanges {
  const inbox = `${host.instance}-${host.random()}`
  const exchanges = createExchanges(host, {
    inbox,
    send(to, frame) {
      const take = post.inboxes.get(to)
      if (take === undefined) return 'nobody'
      // Nothing is called from within the stack of who sends.
      queueMicrotask(() => take(frame))
      return undefined
    },
    async offer(channel, _address, frame) {
      const onOpening = post.servers.get(channel.name)
      if (onOpening === undefined) return 'nobody'
      queueMicrotask(() => void onOpening(frame))
      return 'offered'
    },
    async serve({ channel }, onOpening) {
      post.servers.set(channel.name, onOpening)
      return { stop: async () => void post.servers.delete(channel.name) }
    },
  })
  post.inboxes.set(inbox, (frame) => exchanges.onFrame(frame))
  return exchanges
}
