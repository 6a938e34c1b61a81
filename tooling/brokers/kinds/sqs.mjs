/** An SQS server from npm; it keeps everything in memory, so a restart loses the messages and the queues. */
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('sqs-server.mjs', import.meta.url))

/** @type {import('./kind.js').Kind} */
export const sqs = {
  ready: /SQS accepts clients/,
  patience: 20_000,
  url: (address) => `http://${address}`,
  files: () => ({}),
  missing: () => undefined,
  local: ({ host, port }) => ({ command: process.execPath, args: [program, host, String(port)] }),
}
