/** Places on the network: as users write them and as ZeroMQ wants them. */

import { BusError } from 'busbar/transport'
import { invalid } from './failures.js'

/** `zmq://host:port` or `tcp://host:port` as ZeroMQ wants it. INVALID_OPTION names the option. */
export function endpointOf(option: string, text: string): string {
  const match = /^(?:zmq|tcp):\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})\/?$/.exec(text)
  const [, host, port] = match ?? []
  if (host === undefined || Number(port) > 65_535) {
    throw invalid(`${option} must look like zmq://127.0.0.1:5555, without credentials.`)
  }
  // A port of 0 means any that is free, which ZeroMQ writes as a star.
  // ZeroMQ binds to addresses only.
  return `tcp://${host === 'localhost' ? '127.0.0.1' : host}:${Number(port) === 0 ? '*' : port}`
}

export function isLoopback(endpoint: string): boolean {
  const host = hostOf(endpoint)
  return host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

export function hostOf(endpoint: string): string {
  return endpoint.slice('tcp://'.length, endpoint.lastIndexOf(':'))
}

/** INSECURE_BIND for a place that others can reach without a token. */
export function refuseInsecure(endpoint: string, isTrusted: boolean): void {
  if (isTrusted || isLoopback(endpoint)) return
  throw new BusError(
    'INSECURE_BIND',
    `${endpoint} can be reached from other machines: give a token, or insecure: true on a trusted network.`,
  )
}
