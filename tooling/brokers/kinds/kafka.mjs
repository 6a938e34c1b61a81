/** Apache Kafka: one node that is broker and controller (KRaft). */
import { fileURLToPath } from 'node:url'
import { classPath, missingForJava } from '../maven.mjs'

const pom = fileURLToPath(new URL('kafka.pom.xml', import.meta.url))
const clusterId = 'QnVzYmFyLWJyb2tlcnMwMQ'

// The folder is formatted at its first start only; `exec` makes the server the process that is started and ended.
/** @type {(format: string, serve: string) => string} */
const script = (format, serve) =>
  `[ -e "$1/data/meta.properties" ] || ${format} format --standalone -t ${clusterId} -c "$0" && exec ${serve} "$0"`
const java = script(
  'java -XX:TieredStopAtLevel=1 kafka.tools.StorageTool',
  // Most of a short life goes into starting: the simplest compiler and collector are quickest at that.
  'java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms128m -Xmx512m kafka.Kafka',
)
const inContainer = script('bin/kafka-storage.sh', 'bin/kafka-server-start.sh')

/** @type {import('./kind.js').Kind} */
export const kafka = {
  extraPorts: 1,
  ready: /Kafka Server started/,
  patience: 60_000,
  url: (address) => `kafka://${address}`,
  files: ({ dir, host, port, extra }, config) => ({
    'kafka.properties': [
      ...['process.roles=broker,controller', 'node.id=1', 'controller.listener.names=CONTROLLER'],
      `listeners=PLAINTEXT://${host}:${port},CONTROLLER://127.0.0.1:${extra[0]}`,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
      `controller.quorum.bootstrap.servers=127.0.0.1:${extra[0]}`,
      ...[`log.dirs=${dir}/data`, 'num.partitions=1', 'auto.create.topics.enable=false'],
      ...['offsets.topic.replication.factor=1', 'offsets.topic.num.partitions=4'],
      ...['transaction.state.log.replication.factor=1', 'transaction.state.log.min.isr=1'],
      ...['transaction.state.log.num.partitions=4', 'share.coordinator.state.topic.replication.factor=1'],
      ...['share.coordinator.state.topic.min.isr=1', 'group.initial.rebalance.delay.ms=0', config, ''],
    ].join('\n'),
  }),
  missing: () => missingForJava(pom),
  local: async ({ dir }) => ({
    ...{ command: 'sh', args: ['-c', java, `${dir}/kafka.properties`, dir] },
    env: { CLASSPATH: await classPath(pom) },
  }),
  container: ({ dir }) => ({
    image: 'apache/kafka:4.3.0',
    args: ['-c', inContainer, `${dir}/kafka.properties`, dir],
    // The class path, seen from where the image has Kafka, is for the tools that `exec` runs.
    env: { KAFKA_HEAP_OPTS: '-Xms128m -Xmx512m', LOG_DIR: `${dir}/logs`, CLASSPATH: 'libs/*' },
    options: ['--entrypoint', 'sh', '--workdir=/opt/kafka'],
  }),
}
