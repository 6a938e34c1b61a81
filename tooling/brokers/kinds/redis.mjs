/** Redis with an append-only file, so that streams outlive a kill. */
import { findProgram } from '../programs.mjs'

/** @type {import('./kind.js').Kind} */
export const redis = {
  ready: /Ready to accept connections/,
  patience: 10_000,
  url: (address) => `redis://${address}`,
  files: ({ dir, host, port }, config) => ({
    'redis.conf': [
      ...[`bind ${host}`, `port ${port}`, `dir ${dir}`, 'protected-mode no', 'daemonize no', 'logfile ""'],
      ...['save ""', 'appendonly yes', 'appendfsync everysec', config, ''],
    ].join('\n'),
  }),
  missing: () => (findProgram('redis-server') ? undefined : 'no redis-server on this machine'),
  local: ({ dir }) => ({
    command: findProgram('redis-server') ?? 'redis-server',
    args: [`${dir}/redis.conf`],
  }),
  container: () => ({ image: 'redis:7.2-alpine', args: ['redis-server', '/data/redis.conf'] }),
}
