/** ActiveMQ Artemis with AMQP 1.0: user `busbar`, password `busbar`; also `guest`, `guest`, who may only read. */
import { fileURLToPath } from 'node:url'
import { classPath, missingForJava } from '../maven.mjs'

const pom = fileURLToPath(new URL('artemis.pom.xml', import.meta.url))
const source = fileURLToPath(new URL('Artemis.java', import.meta.url))

const all = ['createNonDurableQueue', 'deleteNonDurableQueue', 'createDurableQueue', 'deleteDurableQueue']
const owner = [...all, 'createAddress', 'deleteAddress', 'send', 'browse', 'manage']
const permissions = [
  ...owner.map((type) => `<permission type="${type}" roles="owner"/>`),
  '<permission type="consume" roles="owner,reader"/>',
].join('')

/** @type {(port: number, host: string, dir: string, config: string) => string} */
const broker = (port, host, dir, config) => `<?xml version="1.0"?>
<configuration xmlns="urn:activemq"><core xmlns="urn:activemq:core">
<name>busbar</name>
<persistence-enabled>true</persistence-enabled>
<journal-type>NIO</journal-type>
<journal-datasync>false</journal-datasync>
<journal-min-files>2</journal-min-files>
<journal-pool-files>4</journal-pool-files>
<journal-file-size>1M</journal-file-size>
<journal-directory>${dir}/data/journal</journal-directory>
<bindings-directory>${dir}/data/bindings</bindings-directory>
<paging-directory>${dir}/data/paging</paging-directory>
<large-messages-directory>${dir}/data/large</large-messages-directory>
<jmx-management-enabled>false</jmx-management-enabled>
<message-expiry-scan-period>500</message-expiry-scan-period>
<acceptors><acceptor name="amqp">tcp://${host}:${port}?protocols=AMQP</acceptor></acceptors>
<security-settings><security-setting match="#">${permissions}</security-setting></security-settings>
${config}
</core></configuration>
`

/** @type {import('./kind.js').Kind} */
export const artemis = {
  ready: /Artemis accepts clients/,
  patience: 60_000,
  url: (address) => `amqp10://busbar:busbar@${address}`,
  files: ({ dir, host, port }, config) => ({ 'broker.xml': broker(port, host, dir, config) }),
  missing: () => missingForJava(pom),
  local: async ({ dir }) => ({
    command: 'java',
    args: [
      // Ready in half the time, which tests that restart it wait for.
      ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'],
      // Else it writes a line about each message and settlement, as an Artemis that is installed does not.
      '-Dorg.slf4j.simpleLogger.log.org.apache.activemq.audit=off',
      ...['-Xms128m', '-Xmx512m', source, `${dir}/broker.xml`],
      ...['busbar', 'busbar', 'owner', 'guest', 'guest', 'reader'],
    ],
    env: { CLASSPATH: await classPath(pom) },
  }),
}
