/** The addresses of a topic: from path parameters to the address of a message, to a pattern, and back. */

import { checkAddress } from '../address.js'
import type { Channel } from '../channel.js'
import { BusError } from '../errors.js'
import { escapeToken, unescapeToken } from './path.js'

type Place = Pick<Channel, 'name' | 'params'>
type Values = Readonly<Record<string, string | undefined>>

function paramValue({ name }: Place, param: string, values: Values): string | undefined {
  const value = Object.hasOwn(values, param) ? values[param] : undefined
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  throw new BusError('INVALID_TOPIC', `${name}: path parameter "${param}" must be a non-empty string.`, {
    outcome: 'rejected',
  })
}

function checkNames({ name, params }: Place, values: Values, option: string): void {
  for (const given of Object.keys(values)) {
    if (params.includes(given)) continue
    const known = params.length === 0 ? 'the topic has no path' : `its path has ${params.join(', ')}`
    throw new BusError(
      'INVALID_OPTION',
      `${name}: ${option}.${given} is no parameter of the topic; ${known}.`,
      { outcome: 'rejected' },
    )
  }
}

/** The address of one message. INVALID_TOPIC when a parameter is missing, empty or makes the address too long. */
export function addressOf(channel: Place, values: Values = {}): string {
  checkNames(channel, values, 'params')
  let address = channel.name
  for (const param of channel.params) {
    const value = paramValue(channel, param, values)
    if (value === undefined) {
      throw new BusError(
        'INVALID_TOPIC',
        `${channel.name}: path parameter "${param}" is missing; pass it as params.${param}.`,
        { outcome: 'rejected' },
      )
    }
    address += `.${escapeToken(value)}`
  }
  if (channel.params.length > 0) checkAddress(address)
  return address
}

/** The pattern of a subscription: `*` for each parameter that `where` leaves open. INVALID_TOPIC, INVALID_OPTION. */
export function patternOf(channel: Place, where: Values = {}): string {
  checkNames(channel, where, 'where')
  const values = channel.params.map((param) => paramValue(channel, param, where))
  const tokens = values.map((value) => (value === undefined ? '*' : escapeToken(value)))
  // A wildcard is as good as any other token for the length and the characters of the rest.
  checkAddress([channel.name, ...tokens].join('.').replaceAll('*', '-'))
  return [channel.name, ...tokens].join('.')
}

/** The parameters that an address carries. INVALID_TOPIC when it is no address of the topic. */
export function paramsOf(channel: Place, address: string): Readonly<Record<string, string>> {
  const { name, params } = channel
  const values: Record<string, string> = {}
  if (params.length === 0 && address === name) return values
  const tokens = address.startsWith(`${name}.`) ? address.slice(name.length + 1).split('.') : []
  if (tokens.length !== params.length || params.length === 0) {
    throw new BusError('INVALID_TOPIC', `Address ${JSON.stringify(address.slice(0, 80))} is none of ${name}.`)
  }
  for (const [index, param] of params.entries()) values[param] = unescapeToken(tokens[index] ?? '')
  return values
}
