/** NATS with JetStream. */
import { findProgram } from '../programs.mjs'

/** @type {import('./kind.js').Kind} */
export const nats = {
  ready: /Server is ready/,
  patience: 10_000,
  url: (address) => `nats://${address}`,
  files: ({ dir, host, port }, config) => ({
    'nats.conf': `listen: "${host}:${port}"\njetstream { store_dir: "${dir}/data" }\n${config}\n`,
  }),
  missing: () => (findProgram('nats-server') ? undefined : 'no nats-server on this machine'),
  local: ({ dir }) => ({
    command: findProgram('nats-server') ?? 'nats-server',
    args: ['--config', `${dir}/nats.conf`],
  }),
  container: () => ({ image: 'nats:2.10-alpine', args: ['nats-server', '--config', '/data/nats.conf'] }),
}
