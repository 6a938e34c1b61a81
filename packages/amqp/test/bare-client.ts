/** The bare client, as a foreign service would use it: it knows nothing of Busbar. */

import rhea, { type Connection, type EventContext, type Message } from 'rhea'

export interface Bare extends AsyncDisposable {
  /** Resolves when the broker has it. */
  send(address: string, message: object): Promise<void>
  /** The next message of a queue. */
  take(address: string): Promise<Message>
  /** An order to the broker's management. */
  order(operation: string, ...args: readonly unknown[]): Promise<string>
}

export async function bareClient(port: number, user = 'busbar'): Promise<Bare> {
  const connection: Connection = rhea
    .create_container()
    .connect({ host: '127.0.0.1', port, username: user, password: user, reconnect: false, transport: 'tcp' })
  for (const name of ['disconnected', 'connection_error']) connection.on(name, () => {})
  await new Promise((resolve) => connection.once('connection_open', resolve))
  const send = async (address: string, message: object): Promise<void> => {
    const sender = connection.open_sender({ target: { address } })
    await new Promise((resolve) => sender.once('sendable', resolve))
    // The types of rhea ask of what is sent for methods that only received messages have.
    sender.send(message as Parameters<typeof sender.send>[0])
    await new Promise((resolve) => sender.once('accepted', resolve))
    sender.close()
  }
  return {
    send,
    async take(address) {
      const receiver = connection.open_receiver({ source: { address }, credit_window: 0 })
      receiver.add_credit(1)
      const message = await new Promise<Message>((resolve) =>
        receiver.once('message', (context: EventContext) => context.message && resolve(context.message)),
      )
      receiver.close()
      return message
    },
    async order(operation, ...args) {
      const receiver = connection.open_receiver({ source: { address: '', dynamic: true } })
      await new Promise((resolve) => receiver.once('receiver_open', resolve))
      const answer = new Promise<string>((resolve) =>
        receiver.once('message', ({ message }: EventContext) => resolve(String(message?.body))),
      )
      await send('activemq.management', {
        reply_to: receiver.source.address,
        application_properties: { _AMQ_ResourceName: 'broker', _AMQ_OperationName: operation },
        body: JSON.stringify(args),
      })
      return answer
    },
    async [Symbol.asyncDispose]() {
      const over = new Promise((resolve) => connection.once('connection_close', resolve))
      connection.close()
      await over
    },
  }
}
