/** Looks at and makes exchanges, queues and bindings over AMQP itself, without the management plugin. */

import type { Provisioner, Resource, Settings } from '@busbar/adapter'
import type { Channel } from 'rabbitmq-client'
import { codeOf, textOf } from './errors.js'
import type { Wire } from './wire.js'

/**
 * AMQP tells only one difference of a resource: the broker compares and names the first. Bindings cannot be looked at,
 * so they are taken to be there in `verify`, and made again without harm in `create`.
 */
export function createProvisioner(wire: Wire, isVerifying: boolean): Provisioner {
  const make = (resource: Resource, passive: boolean): Promise<void> =>
    wire.steadily(() => wire.use((channel) => declare(channel, resource, passive)))
  return {
    transport: 'RabbitMQ',
    async find(resource) {
      if (resource.type === 'binding' || resource.type === 'route')
        return isVerifying ? resource.settings : undefined
      try {
        await make(resource, true)
      } catch (error) {
        if (codeOf(error) === 'NOT_FOUND') return undefined
        // Somebody else's for as long as they live; what it is like cannot be asked.
        if (codeOf(error) !== 'RESOURCE_LOCKED') throw error
      }
      try {
        await make(resource, false)
        return resource.settings
      } catch (error) {
        if (codeOf(error) !== 'PRECONDITION_FAILED' && codeOf(error) !== 'RESOURCE_LOCKED') throw error
        return { ...resource.settings, ...differenceIn(textOf(error), resource.settings) }
      }
    },
    create: (resource) => make(resource, false),
  }
}

async function declare(
  channel: Channel,
  { type, name, settings }: Resource,
  passive: boolean,
): Promise<void> {
  const { type: exchangeType, durable, exchange, queue, key, routes, ...rest } = settings
  switch (type) {
    case 'exchange':
      await channel.exchangeDeclare({
        exchange: name,
        passive,
        type: String(exchangeType),
        durable: durable === true,
      })
      break
    case 'binding':
      await channel.queueBind({ exchange: String(exchange), queue: String(queue), routingKey: String(key) })
      break
    case 'route':
      await channel.exchangeBind({ source: String(exchange), destination: String(routes), routingKey: '' })
      break
    default:
      await channel.queueDeclare({ queue: name, passive, durable: durable === true, arguments: rest })
  }
}

/** The broker says: inequivalent arg 'durable' for queue 'x' in vhost '/': received 'true' but current is 'false'. */
const inequivalent =
  /inequivalent arg '([^']+)'.*(?:but current is|received .* but current is) (?:the value )?(?:'([^']*)'|(\w+))/

function differenceIn(text: string, settings: Settings): Settings {
  const [, name, quoted, bare] = inequivalent.exec(text) ?? []
  if (name === undefined) {
    const [first = 'settings'] = Object.keys(settings)
    return { [first]: text }
  }
  return { [name]: quoted ?? (bare === 'none' ? 'unset' : (bare ?? 'other')) }
}
