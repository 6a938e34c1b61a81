/** Runs the SQS server: node sqs-server.mjs HOST PORT. Its own start would listen on every address. */
import { buildApp } from 'fauxqs'

const [host = '127.0.0.1', port = '0'] = process.argv.slice(2)
const app = buildApp({ logger: false, host })
await app.listen({ host, port: Number(port) })
console.log('SQS accepts clients')
process.once('SIGTERM', () => void app.close().then(() => process.exit()))
