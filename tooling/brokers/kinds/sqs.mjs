/**
 * An SQS server that keeps everything in memory, so a restart loses the messages and the queues: fauxqs from npm, or with
 * `BUSBAR_SQS_SERVER=elasticmq` ElasticMQ from Maven.
 */
import { fileURLToPath } from 'node:url'
import { classPath, missingForJava } from '../maven.mjs'

const program = fileURLToPath(new URL('sqs-server.mjs', import.meta.url))
const pom = fileURLToPath(new URL('elasticmq.pom.xml', import.meta.url))

/** @type {import('./kind.js').Kind} */
const fauxqs = {
  ready: /SQS accepts clients/,
  patience: 20_000,
  url: (address) => `sqs://${address}`,
  files: () => ({}),
  missing: () => undefined,
  local: ({ host, port }) => ({ command: process.execPath, args: [program, host, String(port)] }),
}

/** @type {import('./kind.js').Kind} */
const elasticmq = {
  ready: /ElasticMQ server .* started/,
  patience: 60_000,
  url: fauxqs.url,
  files: ({ host, port }, config) => ({
    'elasticmq.conf': [
      'include classpath("application.conf")',
      `node-address { protocol = http, host = "${host}", port = ${port}, context-path = "" }`,
      `rest-sqs { enabled = true, bind-hostname = "${host}", bind-port = ${port}, sqs-limits = strict }`,
      'rest-stats { enabled = false }',
      ...[config, ''],
    ].join('\n'),
  }),
  missing: () => missingForJava(pom),
  local: async ({ dir }) => ({
    command: 'java',
    args: [
      ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xms64m', '-Xmx384m'],
      ...[`-Dconfig.file=${dir}/elasticmq.conf`, 'org.elasticmq.server.Main'],
    ],
    env: { CLASSPATH: await classPath(pom) },
  }),
}

export const sqs = process.env.BUSBAR_SQS_SERVER === 'elasticmq' ? elasticmq : fauxqs
