/** RabbitMQ with AMQP 1.0 on the same port; its Erlang port mapper is its own, and ends with it. */
import { existsSync } from 'node:fs'
import { delimiter } from 'node:path'
import { findProgram, preferred } from '../programs.mjs'

/** Behind the command on the PATH, which Debian lets change the user and thereby lose the environment. */
const debian = '/usr/lib/rabbitmq/bin'
const program = () => (existsSync(`${debian}/rabbitmq-server`) ? debian : undefined)

const start = 'epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 & exec rabbitmq-server'

/** @type {import('./kind.js').Kind} */
export const rabbitmq = {
  extraPorts: 2,
  ready: /Server startup complete/,
  patience: 90_000,
  url: (address) => `amqp://guest:guest@${address}`,
  files: ({ host, port }, config) => ({
    'rabbitmq.conf': `listeners.tcp.1 = ${host}:${port}\nloopback_users = none\nlog.console = true\nlog.console.level = info\n${config}\n`,
    enabled_plugins: '[rabbitmq_amqp1_0].\n',
  }),
  missing: () =>
    program() || findProgram('rabbitmq-server') ? undefined : 'no rabbitmq-server on this machine',
  local: ({ dir, extra }) => ({
    command: 'sh',
    args: ['-c', start],
    env: {
      ...{ PATH: [...preferred(), debian, process.env.PATH].join(delimiter), HOME: dir },
      ...{ RABBITMQ_NODENAME: `busbar-${extra[0]}@localhost`, RABBITMQ_DIST_PORT: String(extra[1]) },
      ...{ RABBITMQ_MNESIA_BASE: `${dir}/data`, RABBITMQ_LOG_BASE: `${dir}/log`, RABBITMQ_LOGS: '-' },
      RABBITMQ_ENABLED_PLUGINS_FILE: `${dir}/enabled_plugins`,
      RABBITMQ_CONFIG_FILE: `${dir}/rabbitmq.conf`,
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
      ...{ ERL_EPMD_ADDRESS: '127.0.0.1', ERL_EPMD_PORT: String(extra[0]) },
      // Replaces the shell by the server, so that the process started here is the one to stop.
      RUNNING_UNDER_SYSTEMD: 'true',
    },
  }),
  container: ({ dir }) => ({
    image: 'rabbitmq:3.13',
    // The image's own entry changes from root to a user who may not read the folder.
    options: ['--entrypoint', 'rabbitmq-server'],
    env: {
      ...{ HOME: dir, RABBITMQ_NODENAME: 'busbar@localhost', RABBITMQ_MNESIA_BASE: `${dir}/data` },
      RABBITMQ_ENABLED_PLUGINS_FILE: `${dir}/enabled_plugins`,
      RABBITMQ_CONFIG_FILE: `${dir}/rabbitmq.conf`,
    },
  }),
}
