/** Opens the WebSockets of browsers as links. */

import type { Dial, Link, LinkEvents } from '@busbar/protocol'
import { BusError, type Clock } from 'busbar/transport'

/** Bytes that may wait in the socket before the sender is asked to stop, and those at which it may go on. */
const highBytes = 1024 * 1024
const lowBytes = 256 * 1024
/** Browsers do not tell when the socket has taken bytes. */
const lookAgainMs = 10

/** The part of the browser's class that is used here. */
export interface NativeSocket {
  binaryType: string
  readonly bufferedAmount: number
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null
  onerror: (() => void) | null
  send(chunk: Uint8Array): void
  close(code?: number): void
}

export function nativeDial(url: string, clock: Clock, open: (url: string) => NativeSocket): Dial {
  return (events, signal) =>
    new Promise((resolve, reject) => {
      const socket = open(url)
      socket.binaryType = 'arraybuffer'
      const fail = (why: string): void => {
        socket.onclose = null
        reject(new BusError('UNREACHABLE', `${url} could not be reached: ${why}.`))
      }
      const abort = (): void => {
        fail('given up')
        socket.close()
      }
      signal.addEventListener('abort', abort, { once: true })
      // Why it failed is not told to pages, on purpose.
      socket.onerror = () => undefined
      socket.onclose = () => {
        signal.removeEventListener('abort', abort)
        fail('the connection was refused')
      }
      socket.onopen = () => {
        signal.removeEventListener('abort', abort)
        resolve(linkOf(socket, clock, events))
      }
    })
}

function linkOf(socket: NativeSocket, clock: Clock, events: LinkEvents): Link {
  let isClosed = false
  let isWaiting = false
  const end = (reason: string | undefined): void => {
    if (isClosed) return
    isClosed = true
    events.onClose(reason)
  }
  const lookAgain = (): void => {
    if (isClosed) return
    if (socket.bufferedAmount > lowBytes) {
      clock.after(lookAgainMs, lookAgain)
      return
    }
    isWaiting = false
    events.onDrain()
  }
  socket.onmessage = ({ data }) => {
    if (isClosed) return
    if (data instanceof ArrayBuffer) {
      events.onData(new Uint8Array(data))
      return
    }
    socket.close(1003)
    end('the hub sent text')
  }
  socket.onclose = ({ reason, code }) => end(reason !== '' ? reason : `code ${code}`)
  return {
    send(chunk) {
      if (isClosed) return true
      socket.send(chunk)
      if (!isWaiting && socket.bufferedAmount >= highBytes) {
        isWaiting = true
        clock.after(lookAgainMs, lookAgain)
      }
      return !isWaiting
    },
    // A page cannot stop its socket; what comes meanwhile waits in the parser.
    pause: () => undefined,
    resume: () => undefined,
    close: () => socket.close(1000),
    destroy() {
      socket.close()
      end(undefined)
    },
  }
}
