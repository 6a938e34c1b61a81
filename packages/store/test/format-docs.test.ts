/** The bytes in docs/store-format.md are those that a store writes, and a store reads them. */

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CrashDisk } from '../src/testing.js'
import { durable, open, opened, reread } from './opened.js'
import { message } from './told.js'

const page = readFileSync(new URL('../../../docs/store-format.md', import.meta.url), 'utf8')

/** The hexadecimal digits of the lines after a heading's first `    `, without the words beside them. */
function bytesOf(heading: string): string {
  const section = page.slice(page.indexOf(heading))
  const block = /(\n {4}[^\n]*)+/.exec(section)?.[0] ?? ''
  return block.replace(/ {2,}[^0-9a-f\s][^\n]*/g, '').replace(/[^0-9a-f]/g, '')
}

const options = (disk: CrashDisk) => ({
  disk,
  makeSalt: () => 0x01020304,
  schedule: (fn: () => void) => void setImmediate(fn),
})

it('Q1 the example of docs/store-format.md is what a store writes, byte by byte', async () => {
  const disk = new CrashDisk(() => 0)
  const store = await open('/store', options(disk))
  const journal = opened(store)
  journal.message(
    { offset: 0, time: 1_700_000_000_000, delayMs: 0, priority: 5 },
    message('0192f0c1-2222-7333-8444-555555555555', '{"tag":7}', 'a.b.kl'),
  )
  journal.mark('leased', 1, 0)
  journal.mark('done', 1, 0)
  journal.note({ op: 'say' })
  await durable(journal)
  await new Promise(setImmediate)
  const path = `/store/channels/${disk.list('/store/channels')[0]}/0000000001.log`
  const file = disk.open(path, 'read')
  const data = Buffer.alloc(disk.size(file))
  disk.read(file, data, 0, data.length, 0)
  expect(page).toContain(path.slice('/store/'.length))
  expect(bytesOf('## An example')).toBe(data.toString('hex'))
  await store.close()
  expect((await reread('/store', options(disk))).words.length).toBe(4)
})
