/** Opens WebSockets in Node as links. */

import { type Dial, type Link, type LinkEvents, protocolLimits } from '@busbar/protocol'
import { BusError } from 'busbar/transport'
import { WebSocket } from 'ws'

/** Bytes that may wait in the socket before the sender is asked to stop, and those at which it may go on. */
const highBytes = 1024 * 1024
const lowBytes = 256 * 1024

/** Known to ws, though not to its types: how long the hub may take to answer a close. */
const closing = { closeTimeout: 2_000 }
const settings = {
  ...closing,
  perMessageDeflate: false,
  // A message is any piece of the byte stream: one frame and what was joined to it.
  maxPayload: 2 * protocolLimits.hardFrameBytes,
}

export function nodeDial(url: string): Dial {
  return (events, signal) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url, settings)
      const abort = (): void => {
        socket.terminate()
        reject(unreachable(url, 'given up'))
      }
      signal.addEventListener('abort', abort, { once: true })
      socket.once('open', () => {
        signal.removeEventListener('abort', abort)
        resolve(linkOf(socket, events))
      })
      socket.on('error', (error) => {
        signal.removeEventListener('abort', abort)
        reject(unreachable(url, error.message === '' ? 'no answer' : error.message))
      })
    })
}

function linkOf(socket: WebSocket, events: LinkEvents): Link {
  let reason: string | undefined
  let waiting = 0
  let isFull = false
  socket.on('message', (data, isBinary) => {
    if (isBinary && data instanceof Uint8Array) {
      events.onData(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      return
    }
    reason = 'the hub sent text'
    socket.terminate()
  })
  socket.on('error', (error) => {
    reason = error.message
  })
  socket.once('close', () => events.onClose(reason))
  return {
    send(chunk) {
      waiting += chunk.byteLength
      socket.send(chunk, { binary: true }, () => {
        waiting -= chunk.byteLength
        if (!isFull || waiting > lowBytes) return
        isFull = false
        events.onDrain()
      })
      if (waiting >= highBytes) isFull = true
      return !isFull
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.close(1000),
    destroy: () => socket.terminate(),
  }
}

function unreachable(url: string, why: string): BusError {
  return new BusError('UNREACHABLE', `${url} could not be reached: ${why}.`)
}
