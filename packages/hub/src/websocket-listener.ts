/** The WebSocket port of a hub: each upgraded request becomes a link that carries the same bytes as TCP. */

import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { envelopeBytes } from '@busbar/protocol'
import { type WebSocket, WebSocketServer } from 'ws'
import { allowedNames, answer, refusalOf, refuseUpgrade } from './http-guard.js'
import type { Admit, Link, Listener } from './link.js'
import { listen, urlHost } from './listen.js'
import type { Log } from './log.js'
import type { WebsocketOptions } from './options.js'

/** Opens the port; see {@link listen} for errors. */
export async function websocketListener(
  options: Required<WebsocketOptions>,
  limits: { readonly maxMessageBytes: number; readonly maxConnections: number },
  admit: Admit,
  log: Log,
): Promise<Listener> {
  const sockets = new Set<Socket>()
  const upgrades = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    // A message is a piece of the byte stream: at most one frame and what was coalesced before it.
    maxPayload: limits.maxMessageBytes + 2 * envelopeBytes,
  })
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 10_000,
    connectionsCheckingInterval: 1_000,
  })
  // Peers that have not upgraded yet come on top of the hub's own connections.
  server.maxConnections = limits.maxConnections + 64
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const port = await listen(server, 'websocket', options.host, options.port)
  const allowed = allowedNames(options, urlHost(options.host), port)
  server.on('request', (request, response) => answer(request, response, allowed))
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const refusal = refusalOf(request, allowed)
    if (refusal !== undefined) {
      log('warn', 'upgrade-refused', { status: refusal, remote: request.socket.remoteAddress })
      return refuseUpgrade(socket, refusal)
    }
    upgrades.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, request.socket, admit))
  })
  server.on('clientError', (_error, socket: Duplex) => socket.destroy())
  server.on('error', (error) => log('error', 'accept-failed', { wire: 'websocket', reason: error.message }))
  const closed = new Promise<void>((resolve) => server.once('close', resolve))
  return {
    url: `ws://${urlHost(options.host)}:${port}${options.path === '/' ? '' : options.path}`,
    stop: () => void server.close(),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      return closed
    },
  }
}

function serve(webSocket: WebSocket, socket: Socket, admit: Admit): void {
  webSocket.binaryType = 'nodebuffer'
  const peer = admit(websocketLink(webSocket, socket))
  webSocket.on('message', (data, isBinary) => {
    if (!isBinary) {
      peer.broken('a text message')
      webSocket.close(1003)
    } else if (data instanceof Uint8Array) {
      // A plain view: slices of a Buffer would not be copies.
      peer.data(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    }
  })
  // ws closes the connection itself, with the status that names the breach.
  webSocket.on('error', (error) => peer.broken('code' in error ? String(error.code) : error.message))
  webSocket.once('close', () => peer.gone())
}

function websocketLink(webSocket: WebSocket, socket: Socket): Link {
  return {
    wire: 'websocket',
    remote: socket.remoteAddress ?? 'unknown',
    write(chunks, taken) {
      let left = chunks.length
      for (const chunk of chunks) {
        webSocket.send(chunk, { binary: true, compress: false }, (error) => {
          if (error == null && --left === 0) taken()
        })
      }
    },
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    end: () => webSocket.close(1000),
    destroy: () => webSocket.terminate(),
  }
}
