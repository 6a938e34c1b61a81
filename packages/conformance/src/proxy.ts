/** A TCP proxy that cuts all its connections on demand, for harnesses of transports that speak TCP. Node only. */

import { connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Destroys every connection; new ones are let through when this resolves. */
  cut(): Promise<void>
  /** Passes nothing on any more on the connections there are, without closing them: neither end is told. */
  silence(): void
}

/** Listens on a free port of 127.0.0.1 and passes connections on to what `target` gives at that moment. */
export async function createCuttingProxy(
  target: () => { readonly host: string; readonly port: number },
): Promise<CuttingProxy> {
  const host = '127.0.0.1'
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  }
  const server = createServer((inner) => {
    const outer = connect(target())
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      keep(socket)
      socket.setNoDelay(true)
      socket.once('error', () => other.destroy())
      socket.once('close', () => other.destroy())
    }
    inner.pipe(outer)
    outer.pipe(inner)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  const cut = async (): Promise<void> => {
    await Promise.all(
      [...sockets].map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.once('close', () => resolve())
            socket.destroy()
          }),
      ),
    )
  }
  return {
    host,
    port: address.port,
    cut,
    silence() {
      for (const socket of sockets) {
        socket.unpipe()
        socket.pause()
      }
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await cut()
      await closed
    },
  }
}
