/** What goes to one peer: a PUSH socket, and in front of it batches that wait until it takes them. */

import { BusError } from 'busbar/transport'
import { Push } from 'zeromq'
import { clientSecurity, type Keys } from './keys.js'

interface Batch {
  readonly items: Buffer[]
  bytes: number
  readonly sent: Promise<boolean>
  tell(isSent: boolean): void
}

const batchBytes = 65_536
/** Batches that ZeroMQ itself keeps for a peer that does not read: 2 MiB. */
const highWaterMark = 32

export class Outbox {
  /** False while the connection is broken; what is sent then goes out when it is back, or never. */
  isUp = true
  private readonly socket: Push
  private readonly batches: Batch[] = []
  private queuedBytes = 0
  private isRunning = false
  private isGone = false
  private onIdle: (() => void)[] = []

  constructor(
    address: string,
    keys: Keys | undefined,
    private readonly maxQueuedBytes: number,
  ) {
    this.socket = new Push({
      ...{
        linger: 1_000,
        sendHighWaterMark: highWaterMark,
        reconnectInterval: 50,
        reconnectMaxInterval: 500,
      },
      ...{ heartbeatInterval: 1_000, heartbeatTimeout: 3_000, ...clientSecurity(keys) },
    })
    this.socket.events.on('disconnect', () => {
      this.isUp = false
    })
    this.socket.events.on('handshake', () => {
      this.isUp = true
    })
    this.socket.connect(address)
  }

  /** QUEUE_FULL when the peer is too far behind. */
  assertRoom(bytes: number): void {
    if (this.queuedBytes === 0 || this.queuedBytes + bytes <= this.maxQueuedBytes) return
    throw new BusError(
      'QUEUE_FULL',
      `${this.queuedBytes} bytes wait for a peer that does not take them; maxQueuedBytes is ${this.maxQueuedBytes}.`,
      { outcome: 'rejected' },
    )
  }

  /** Resolves when ZeroMQ has it, with false when the peer went away before. */
  push(item: Buffer): Promise<boolean> {
    if (this.isGone) return Promise.resolve(false)
    this.assertRoom(item.byteLength)
    let batch = this.batches.at(-1)
    if (batch === undefined || batch.bytes + item.byteLength > batchBytes) {
      batch = newBatch()
      this.batches.push(batch)
    }
    batch.items.push(item)
    batch.bytes += item.byteLength
    this.queuedBytes += item.byteLength
    if (!this.isRunning) void this.run()
    return batch.sent
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    if (this.isRunning) await new Promise<void>((resolve) => this.onIdle.push(resolve))
  }

  /** What waits is given up. */
  drop(): void {
    this.isGone = true
    this.socket.linger = 0
    this.close()
    for (const batch of this.batches.splice(0)) batch.tell(false)
  }

  /** What ZeroMQ has goes out, for a second at most. */
  close(): void {
    this.isGone = true
    this.socket.close()
  }

  private async run(): Promise<void> {
    this.isRunning = true
    // Whatever is sent in the same turn goes together.
    await Promise.resolve()
    for (;;) {
      const batch = this.batches.shift()
      if (batch === undefined) break
      const isSent = await this.send(batch)
      this.queuedBytes -= batch.bytes
      batch.tell(isSent)
    }
    this.isRunning = false
    for (const resolve of this.onIdle.splice(0)) resolve()
  }

  private async send({ items }: Batch): Promise<boolean> {
    if (this.socket.closed) return false
    try {
      const [only] = items
      await this.socket.send(items.length === 1 && only !== undefined ? only : Buffer.concat(items))
      return true
    } catch {
      // The only way in which it fails is that the socket was closed.
      return false
    }
  }
}

function newBatch(): Batch {
  let tell: (isSent: boolean) => void = () => undefined
  const sent = new Promise<boolean>((resolve) => {
    tell = resolve
  })
  return { items: [], bytes: 0, sent, tell: (isSent) => tell(isSent) }
}
