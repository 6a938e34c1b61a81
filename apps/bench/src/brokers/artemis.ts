/** AMQP 1.0: an anycast queue whose messages are accepted one by one, and a multicast address without settlement. */

import { amqp } from '@busbar/amqp'
import rhea, { type Connection, type Delivery, type EventContext, type Sender } from 'rhea'
import { type Broker, inFlight, jobIn } from './contender.js'

export const artemisBroker: Broker = {
  adapter: (url) => amqp({ url }),
  async bare(url, name) {
    const [sender, taker] = await Promise.all([connect(url), connect(url)])
    const jobs = await post(sender, `${name}.jobs`, 'queue')
    const news = await post(sender, `${name}.news`, 'topic')
    return {
      send: jobs,
      publish: news,
      async work(handle) {
        const receiver = taker.open_receiver({
          ...{ source: { address: `${name}.jobs`, capabilities: ['queue'] } },
          ...{ credit_window: inFlight, autoaccept: false },
        })
        receiver.on('message', ({ message, delivery }: EventContext) => {
          handle(jobIn(textOf(message?.body)))
          delivery?.accept()
        })
        await told(receiver, 'receiver_open')
      },
      async subscribe(handle) {
        const receiver = taker.open_receiver({
          ...{ source: { address: `${name}.news`, capabilities: ['topic'] } },
          ...{ credit_window: 2 * inFlight, snd_settle_mode: 1 },
        })
        receiver.on('message', ({ message }: EventContext) => handle(jobIn(textOf(message?.body))))
        await told(receiver, 'receiver_open')
      },
      async close() {
        const ends = [sender, taker].map((one) => told(one, 'connection_close'))
        for (const one of [sender, taker]) one.close()
        await Promise.all(ends)
      },
    }
  },
}

async function connect(url: string): Promise<Connection> {
  const { hostname, port, username, password } = new URL(url)
  const connection = rhea
    .create_container()
    .connect({ host: hostname, port: Number(port), username, password, reconnect: false })
  await told(connection, 'connection_open')
  return connection
}

/** Gives a function that resolves when the broker has accepted what it sent. */
async function post(connection: Connection, address: string, capability: string) {
  const sender: Sender = connection.open_sender({ target: { address, capabilities: [capability] } })
  const open = new Map<Delivery, () => void>()
  sender.on('accepted', ({ delivery }: EventContext) => {
    if (delivery === undefined) return
    open.get(delivery)?.()
    open.delete(delivery)
  })
  await told(sender, 'sendable')
  return (job: object): Promise<void> =>
    new Promise((resolve) => {
      const body = rhea.message.data_section(Buffer.from(JSON.stringify(job)))
      open.set(sender.send({ body }), resolve)
    })
}

/** A data section comes as one buffer. */
function textOf(body: unknown): string {
  const content = typeof body === 'object' && body !== null && 'content' in body ? body.content : body
  return String(content)
}

function told(source: { once(event: string, fn: () => void): unknown }, event: string): Promise<void> {
  return new Promise((resolve) => void source.once(event, resolve))
}
