import { ManualClock } from 'busbar/testing'
import { expect, it } from 'vitest'
import type { FromDirectory, Member, ToDirectory } from '../src/directory-messages.js'
import { DirectoryTable } from '../src/directory-table.js'

const memberOf = (link: string, kinds: Member['kinds'] = {}): Member => ({
  ...{ link, address: `tcp://127.0.0.1:1`, kinds, entries: [] },
})

it('X1 a link that does not say that it acts upon a change is told the latest again, until it is known to be away', () => {
  const clock = new ManualClock()
  const said: [string, FromDirectory][] = []
  const table = new DirectoryTable('epoch', clock, (link, message) => said.push([link, message]))
  const tell = (link: string, message: ToDirectory) => table.take(link, Buffer.from(JSON.stringify(message)))
  const heardBy = (link: string) => said.splice(0).flatMap(([to, message]) => (to === link ? [message] : []))
  tell('silent', { op: 'announce', n: 0, isNew: true, member: memberOf('silent') })
  tell('other', { op: 'announce', n: 0, isNew: true, member: memberOf('other') })
  said.length = 0
  const latest = memberOf('other', { news: 'event' })
  tell('other', { op: 'announce', n: 1, isNew: false, member: latest })
  expect(heardBy('silent')).toEqual([{ op: 'member', version: 3, member: latest }])
  clock.advance(1_000)
  expect(heardBy('silent')).toEqual([
    { op: 'member', version: 2, member: latest },
    { op: 'member', version: 3, member: latest },
  ])
  table.away('silent')
  expect(heardBy('other')).toEqual([
    { op: 'announced', n: 0, lost: [] },
    { op: 'announced', n: 1, lost: [] },
  ])
  clock.advance(1_000)
  expect(said).toEqual([])
  table.stop()
})
