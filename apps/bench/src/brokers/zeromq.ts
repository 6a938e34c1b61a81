/**
 * Sockets for publishing and subscribing over TCP, whose publisher drops nothing. There is no server: Busbar's directory
 * is at the URL, in this process, and the bare publisher on a free port. ZeroMQ keeps nothing, so there are no queues.
 */

import { zeromq } from '@busbar/zeromq'
import { Subscriber, XPublisher } from 'zeromq'
import { type Broker, jobIn } from './contender.js'

export const zeromqBroker: Broker = {
  patterns: ['pub/sub'],
  adapter: (url) => zeromq({ url }),
  async bare(url, name) {
    const publisher = new XPublisher({ sendHighWaterMark: 0 })
    await publisher.bind(`tcp://${new URL(url).hostname}:*`)
    const subscriber = new Subscriber()
    subscriber.connect(publisher.lastEndpoint ?? '')
    let last: Promise<unknown> = Promise.resolve()
    return {
      publish(job) {
        // A socket takes one message at a time.
        last = last.then(() => publisher.send([name, JSON.stringify(job)]))
        return last
      },
      async subscribe(handle) {
        subscriber.subscribe(name)
        // It comes when the publisher has the subscription.
        await publisher.receive()
        void (async () => {
          for await (const [, data] of subscriber) handle(jobIn(String(data)))
        })()
      },
      async close() {
        subscriber.close()
        publisher.close()
      },
    }
  },
}
