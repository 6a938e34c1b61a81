/** Looks at and makes addresses, queues and settings of Artemis. */

import type { Provisioner, Resource, Settings } from '@busbar/adapter'
import { BusError, isBusError } from 'busbar/transport'
import type { Management } from './management.js'

export function createProvisioner(management: Management): Provisioner {
  const broker = (operation: string, ...args: readonly unknown[]) =>
    management.call('broker', operation, ...args)
  const find = ({ type, name }: Resource): Promise<Settings | undefined> => {
    if (type === 'address') return findAddress(management, name)
    return type === 'queue' ? findQueue(management, name) : findSettings(management, name)
  }
  return {
    transport: 'Artemis',
    find,
    async create(resource) {
      const { type, name, settings } = resource
      if (type === 'address-settings') {
        await broker('addAddressSettings', name, JSON.stringify(settings))
        return
      }
      if (type === 'address') {
        try {
          await broker('createAddress', name, settings.routing)
        } catch (error) {
          // Another client was quicker, which only its settings can tell.
          if ((await find(resource))?.routing !== settings.routing) throw error
        }
        return
      }
      const { address, routing, durable, filter } = settings
      const configuration = {
        name,
        address,
        durable,
        'routing-type': routing,
        ...(filter !== '' && { 'filter-string': filter }),
        'auto-create-address': false,
      }
      await broker('createQueue', JSON.stringify(configuration), true)
    },
  }
}

async function findAddress(management: Management, name: string): Promise<Settings | undefined> {
  const info = await missing(management.call('broker', 'getAddressInfo', name))
  if (info === undefined) return undefined
  const routing = /routingTypes=\{([^}]*)\}/.exec(String(info))?.[1] ?? ''
  return { routing: routing.replaceAll(' ', '') }
}

async function findQueue(management: Management, name: string): Promise<Settings | undefined> {
  const filter = JSON.stringify({ field: 'name', operation: 'EQUALS', value: name })
  const found: unknown = JSON.parse(String(await management.call('broker', 'listQueues', filter, 1, 1)))
  const row = field(found, 'data')
  const queue: unknown = Array.isArray(row) ? row[0] : undefined
  if (queue === undefined) return undefined
  return {
    address: String(field(queue, 'address')),
    routing: String(field(queue, 'routingType')),
    durable: String(field(queue, 'durable')) === 'true',
    filter: String(field(queue, 'filter') ?? ''),
  }
}

async function findSettings(management: Management, name: string): Promise<Settings | undefined> {
  const text = await missing(management.call('broker', 'getAddressSettingsAsJSON', name))
  if (text === undefined) return undefined
  const value = field(JSON.parse(String(text)), 'maxDeliveryAttempts')
  return typeof value === 'number' ? { maxDeliveryAttempts: value } : undefined
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** Artemis answers with an error when there is no such thing. */
async function missing(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (isBusError(error, 'INVALID_OPTION') && /AMQ229203|not exist|not find/i.test(error.message))
      return undefined
    if (error instanceof BusError) throw error
    throw error
  }
}
