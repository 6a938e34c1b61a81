/** The connection as the parts of a session see it: it may be away, settling in, or up. */

import { BusError, type BusErrorCode, isBusError } from 'busbar/transport'
import { readError } from '../error-frames.js'
import type { FrameReader } from '../frame-reader.js'
import type { FrameWriter } from '../frame-writer.js'
import { resumePairs, type Welcome } from '../frames.js'
import type { Connection } from './connection.js'
import { deferred } from './deferred.js'

interface Pending {
  answered(body: FrameReader): void
  failed(error: BusError): void
}

/** One for the whole session; connections come and go under it. */
export class Uplink {
  /** Set from READY to the end of the connection. */
  connection: Connection | undefined
  welcome: Welcome | undefined
  /** Counts connections, so that what belongs to an earlier one is told apart. */
  generation = 0
  /** Everything is declared and set up again: messages may be sent. */
  isUp = false
  /** The hub will close the connection when what runs is done: nothing new is sent. */
  isDraining = false
  private lastRequest = 0
  private readonly pending = new Map<number, Pending>()

  /** Where frames are written now, if anywhere. */
  get out(): FrameWriter | undefined {
    return this.connection?.out
  }

  /** Pairs outlive a connection. */
  get keepsPairs(): boolean {
    return this.welcome?.features.includes(resumePairs) === true
  }

  /** What begins now may be sent; otherwise it waits for the next connection. */
  get takesNew(): boolean {
    return this.isUp && !this.isDraining
  }

  flush(): void {
    this.connection?.flush()
  }

  /** Sends a request frame and reads its OK; rejects with what FAIL says, or DISCONNECTED. */
  ask<T>(write: (out: FrameWriter, request: number) => void, read: (body: FrameReader) => T): Promise<T> {
    const { connection } = this
    if (connection === undefined) return Promise.reject(away('unsent'))
    this.lastRequest = (this.lastRequest + 1) >>> 0
    const request = this.lastRequest
    const answer = deferred<T>()
    try {
      write(connection.out, request)
    } catch (error) {
      return Promise.reject(error)
    }
    this.pending.set(request, {
      answered: (body) => {
        try {
          answer.resolve(read(body))
        } catch (error) {
          // Whoever asked hears of the broken connection, like all that are still waiting.
          answer.reject(away('in flight'))
          throw error
        }
      },
      failed: answer.reject,
    })
    connection.flush()
    return answer.promise
  }

  onOk(body: FrameReader): void {
    this.take(body.u32())?.answered(body)
  }

  onFail(body: FrameReader): void {
    const pending = this.take(body.u32())
    const { code, message, details } = readError(body)
    pending?.failed(new BusError(code, message, { details }))
  }

  /** The connection is gone: nothing that was asked will be answered. */
  drop(): void {
    this.connection = undefined
    this.isUp = false
    this.isDraining = false
    this.generation += 1
    const lost = [...this.pending.values()]
    this.pending.clear()
    for (const pending of lost) pending.failed(away('in flight'))
  }

  private take(request: number): Pending | undefined {
    const pending = this.pending.get(request)
    this.pending.delete(request)
    return pending
  }
}

/** Refusals after which the same is asked again on the next connection: this one is gone, or the hub shuts down. */
export function comesBack(code: BusErrorCode): boolean {
  return code === 'DISCONNECTED' || code === 'CLOSED'
}

/** For who waits for a consumer or an acceptor that ended before the hub had taken it. */
export function endedEarly(code: BusErrorCode | undefined): BusError {
  return new BusError(code ?? 'CLOSED', 'It ended before the hub had set it up.')
}

/** For who closes a consumer of a durable channel and cannot be told that all it settled is on disk. */
export function unconfirmed(channelName: string, cause: unknown): unknown {
  if (!isBusError(cause)) return cause
  const what = `Nobody has said that what was settled on "${channelName}" is on disk.`
  return new BusError(cause.code, what, { outcome: 'unknown', cause })
}

/** For what cannot wait until the hub is back. */
export function away(state: 'unsent' | 'in flight'): BusError {
  return state === 'unsent'
    ? new BusError('DISCONNECTED', 'The hub is not connected; nothing was sent.', { outcome: 'rejected' })
    : new BusError('DISCONNECTED', 'The connection to the hub broke before the answer came.', {
        outcome: 'unknown',
      })
}
