/** Events as they travel from link to link: a length, what a message has beside its payload as a JSON array, the payload. */

import { BusError, EncodedBody, type Message } from 'busbar/transport'

const lengthBytes = 4
/** Far above what headers may have in all. */
const maxHeadBytes = 262_144

/** TOO_LARGE for headers above 256 KiB in all. */
export function writeEvent({ id, address, key, headers, time, body }: Message): Buffer {
  const head = JSON.stringify([id, address, time, body.codec, headers, key])
  const headBytes = Buffer.byteLength(head)
  if (headBytes > maxHeadBytes) {
    throw new BusError('TOO_LARGE', `The headers have ${headBytes} bytes, ${maxHeadBytes} travel.`, {
      outcome: 'rejected',
    })
  }
  const payload = body.text?.() ?? body.bytes()
  const start = lengthBytes + headBytes
  const event = Buffer.allocUnsafe(start + Buffer.byteLength(payload))
  event.writeUInt32BE(headBytes, 0)
  event.write(head, lengthBytes)
  if (typeof payload === 'string') event.write(payload, start)
  else event.set(payload, start)
  return event
}

/** The payload is a view of what is given. PROTOCOL_ERROR for bytes that `writeEvent` would not have made. */
export function readEvent(event: Buffer): Message {
  const start = event.byteLength < lengthBytes ? Number.NaN : lengthBytes + event.readUInt32BE(0)
  if (!(start <= event.byteLength)) throw bad()
  const [id, address, time, codec, headers, key] = headOf(event.toString('utf8', lengthBytes, start))
  if (typeof id !== 'string' || typeof address !== 'string' || typeof time !== 'number') throw bad()
  if (typeof codec !== 'string' || !isHeaders(headers)) throw bad()
  const body = new EncodedBody(codec, event.subarray(start))
  return { id, address, key: typeof key === 'string' ? key : undefined, headers, time, body }
}

function headOf(text: string): readonly unknown[] {
  try {
    const head: unknown = JSON.parse(text)
    if (Array.isArray(head)) return head
  } catch {
    // Falls through to the error.
  }
  throw bad()
}

function isHeaders(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).every((one) => typeof one === 'string')
}

const bad = (): BusError => new BusError('PROTOCOL_ERROR', 'An event of another link is malformed.')
