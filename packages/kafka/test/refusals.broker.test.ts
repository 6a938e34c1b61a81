/** Brokers that say no: to a password, to what a user may not do. */

import { Admin } from '@platformatic/kafka'
import { expect, it } from 'vitest'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { channelOf, collect, messageFor, openLink, signal } from './support/links.js'
import { quick, startKafka } from './support/server.js'

const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
const jaas = (users: string): string =>
  `listener.name.plaintext.plain.sasl.jaas.config=${login} username="admin" password="secret" user_admin="secret" ${users};`
const guarded = (users = 'user_reader="secret"'): string[] => [
  'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:SASL_PLAINTEXT',
  ...['sasl.enabled.mechanisms=PLAIN', 'sasl.mechanism.inter.broker.protocol=PLAIN', jaas(users)],
  'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users=User:admin;User:ANONYMOUS',
]
const as = (username: string, password = 'secret') => ({
  credentials: { mechanism: 'PLAIN', username, password } as const,
})
const caught = (doing: unknown): Promise<unknown> =>
  Promise.resolve(doing).then(
    () => undefined,
    (error: unknown) => error,
  )

describeBroker('kafka', 'refusals', () => {
  it('wrong credentials are AUTH_FAILED in one line, without the password', async () => {
    await using server = await startKafka(guarded())
    const { url } = server
    const scram = { credentials: { username: 'admin', password: 'secret' } }
    for (const given of [as('admin', 'guess'), as('nobody'), scram]) {
      const error = await caught(openLink({ url, ...given }))
      expect(error).toMatchObject({ code: 'AUTH_FAILED' })
      expect(String(error)).toMatch(/^[^\n]*127\.0\.0\.1:\d+[^\n]*$/)
      expect(String(error)).not.toContain('guess')
    }
    const link = await openLink({ url, ...as('admin') })
    await link.close(signal)
  })

  it('F51 a password that is no longer right is told once, and the link is back when it is right again', async () => {
    const states: string[] = []
    const until = (length: number) => expect.poll(() => states.length, { timeout: 30_000 }).toBe(length)
    const before = await startKafka(guarded())
    const { port, url } = before
    const link = await openLink({ url, ...as('reader') }, (state, why = '') => states.push(`${state} ${why}`))
    await before.close()
    const changed = guarded('user_reader="other"').concat(quick).join('\n')
    const meanwhile = await startBroker('kafka', { port, config: changed })
    // It goes on trying, and is not told again.
    const refused = () => meanwhile.log().split('Failed authentication').length - 1
    await expect.poll(refused, { timeout: 30_000 }).toBeGreaterThan(2)
    await until(2)
    expect(states[0]).toMatch(/^reconnecting [^\n]+$/)
    expect(states[1]).toMatch(/^lost [^\n]*did not accept the credentials[^\n]*$/)
    await meanwhile.close()
    await using after = await startBroker('kafka', { port, config: guarded().concat(quick).join('\n') })
    await until(3)
    expect([after.url, states[2]]).toEqual([url, 'connected '])
    await link.close(signal)
  }, 120_000)

  it('what a user may not do is PERMISSION_DENIED, and the link stays', async () => {
    await using server = await startKafka(guarded())
    const { url, host, port } = server
    const admin = await openLink({ url, ...as('admin') })
    const channels = [
      ...[channelOf('queue', 'closed.queue'), channelOf('queue', 'closed.ordered', { ordered: true })],
      ...[channelOf('event', 'closed.event'), channelOf('stream', 'closed.stream')],
    ]
    const open = channelOf('stream', 'open.stream')
    for (const channel of [...channels, open]) await admin.declare(channel, signal)
    const states: string[] = []
    const maker = await openLink({ url, ...as('reader') }, (state) => states.push(state))
    const link = await openLink({ url, provision: 'off', ...as('reader') }, (state) => states.push(state))
    for (const channel of channels) {
      const message = messageFor(channel, 'm', 1)
      await link.declare(channel, signal)
      const attempts = [
        () => maker.declare(channel, signal),
        () => link.publish({ channel, message }, signal),
        () => collect(link, channel),
        () => link.manage(channel, { op: 'dead.list', limit: 1 }, signal),
      ]
      for (const attempt of attempts) {
        expect(await caught(attempt())).toMatchObject({ code: 'PERMISSION_DENIED' })
      }
      expect(await caught(link.publish({ channel, message }, signal))).toMatchObject({ outcome: 'rejected' })
    }
    // May write and not read: it needs nothing beside the topic itself.
    const acls = new Admin({
      ...{ clientId: 'acls', bootstrapBrokers: [`${host}:${port}`] },
      sasl: { mechanism: 'PLAIN', username: 'admin', password: 'secret' },
    })
    const on = { resourceType: 2, resourceName: 'open.stream', resourcePatternType: 3 } as const
    const may = { principal: 'User:reader', host: '*', operation: 4, permissionType: 3 } as const
    await acls.createAcls({ creations: [{ ...on, ...may }] })
    await acls.close()
    await link.declare(open, signal)
    const receipt = await link.publish({ channel: open, message: messageFor(open, 'm', 1) }, signal)
    expect(receipt).toMatchObject({ id: 'm', level: 'accepted' })
    expect(await caught(collect(link, open, { group: 'g' }))).toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(states).toEqual([])
    await Promise.all([link, maker, admin].map((one) => one.close(signal)))
  }, 120_000)
})
