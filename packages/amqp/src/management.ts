/** Questions and orders to Artemis itself: its management address, over AMQP like everything else. */

import { BusError } from 'busbar/transport'
import type { EventContext } from 'rhea'
import { away, errorOf } from './errors.js'
import type { Wire } from './wire.js'

export interface Management {
  /** Runs an operation of `broker` and the like; rejects with PERMISSION_DENIED, or INVALID_OPTION if it failed. */
  call(resource: string, operation: string, ...args: readonly unknown[]): Promise<unknown>
  attribute(resource: string, name: string): Promise<unknown>
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: BusError): void
}

const what = 'A question to the management of the broker'

/** Rejects with PERMISSION_DENIED for users who may not manage. */
export async function openManagement(wire: Wire): Promise<Management> {
  const receiver = await wire.openReceiver(
    { source: { address: '', dynamic: true }, credit_window: 100 },
    what,
  )
  const sender = await wire.openSender('activemq.management', what)
  const waiting = new Map<string, Waiting>()
  let count = 0
  const failAll = (error: BusError): void => {
    for (const one of waiting.values()) one.reject(error)
    waiting.clear()
  }
  wire.onLost((reason) => failAll(away('unknown', reason)))
  for (const name of ['sender_error', 'sender_close']) {
    sender.on(name, () => failAll(errorOf(sender.error, what, 'rejected')))
  }
  sender.on('rejected', ({ delivery }: EventContext) =>
    failAll(errorOf(delivery?.remote_state?.error, what, 'rejected', 'PERMISSION_DENIED')),
  )
  receiver.on('message', ({ message }: EventContext) => {
    const id = String(message?.correlation_id)
    const one = waiting.get(id)
    if (one === undefined || message === undefined) return
    waiting.delete(id)
    const result = resultOf(message.body)
    if (message.application_properties?._AMQ_OperationSucceeded === true) one.resolve(result)
    else one.reject(failure(result))
  })
  const ask = (properties: Record<string, string>, args: readonly unknown[]): Promise<unknown> => {
    if (!wire.isUp) return Promise.reject(away('rejected'))
    count += 1
    const id = String(count)
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      sender.send({
        ...{ message_id: id, correlation_id: id, reply_to: receiver.source.address },
        application_properties: properties,
        body: JSON.stringify(args),
        // The types of rhea ask for methods that only received messages have.
      } as unknown as Parameters<typeof sender.send>[0])
    })
  }
  return {
    call: (resource, operation, ...args) =>
      ask({ _AMQ_ResourceName: resource, _AMQ_OperationName: operation }, args),
    attribute: (resource, name) => ask({ _AMQ_ResourceName: resource, _AMQ_Attribute: name }, []),
  }
}

/** Answers are lists of one value, as JSON. */
function resultOf(body: unknown): unknown {
  const parsed: unknown = typeof body === 'string' ? JSON.parse(body) : undefined
  return Array.isArray(parsed) ? parsed[0] : parsed
}

function failure(result: unknown): BusError {
  const text = String(result)
  const isDenied = /AMQ229032|AMQ229213|permission/i.test(text)
  return new BusError(isDenied ? 'PERMISSION_DENIED' : 'INVALID_OPTION', `${what} failed: ${text}.`, {
    outcome: 'rejected',
  })
}
