/** RabbitMQ in a directory and on ports of its own; it needs the port mapper of Erlang beside it. */

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { end, freePort, launch, type Server, untilOpen } from './server-process.js'

/** Behind the command on the PATH, which Debian lets change the user and thereby lose the directory. */
const debian = '/usr/lib/rabbitmq/bin/rabbitmq-server'

export async function rabbitServer(dir: string): Promise<Server | undefined> {
  const port = await freePort()
  const mapperPort = await freePort()
  const mapper = await launch('epmd', ['-port', String(mapperPort), '-address', '127.0.0.1'])
  if (mapper === undefined) return undefined
  const config = join(dir, 'rabbitmq.conf')
  const plugins = join(dir, 'enabled_plugins')
  writeFileSync(config, `listeners.tcp.1 = 127.0.0.1:${port}\n`)
  writeFileSync(plugins, '[].')
  const server = await launch(existsSync(debian) ? debian : 'rabbitmq-server', [], {
    HOME: dir,
    RABBITMQ_NODENAME: `bench-${port}@localhost`,
    RABBITMQ_MNESIA_BASE: join(dir, 'data'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_DIST_PORT: String(await freePort()),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    // Replaces the shell by the server, so that the process started here is the one to stop.
    RUNNING_UNDER_SYSTEMD: 'true',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(mapperPort),
  })
  if (server?.pid === undefined) {
    await end(mapper)
    return undefined
  }
  await untilOpen(server, port)
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    pid: server.pid,
    async stop() {
      await end(server)
      await end(mapper)
    },
  }
}
