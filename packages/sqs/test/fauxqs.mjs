/** Runs fauxqs until it is killed; prints its port. */
import { startFauxqs } from 'fauxqs'

const server = await startFauxqs({ port: Number(process.argv[2] ?? 0), host: '127.0.0.1', logger: false })
process.stdout.write(`${server.port}\n`)
