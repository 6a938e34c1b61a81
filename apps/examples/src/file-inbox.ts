/** A durable queue and an inbox in files: no database, and each message counts once, over crashes too. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from '@busbar/inbox'
import { fileInbox, fileStore } from '@busbar/store'
import { contract, createBus, memory, queue } from 'busbar'
import { z } from 'zod'

const till = contract('till', {
  paid: queue(z.object({ cents: z.int() }), { durable: true }),
})
const dir = mkdtempSync(join(tmpdir(), 'busbar-'))

{
  await using inbox = await fileInbox({ dir: join(dir, 'inbox') })
  const transport = memory({ store: fileStore({ dir: join(dir, 'bus') }) })
  await using bus = await createBus({ service: 'books', transport })
  let finish = () => {}
  const finished = new Promise<void>((resolve) => (finish = resolve))
  await bus.work(
    till.paid,
    once(inbox, { group: 'books' }, ({ cents }, _ctx, tx) => {
      const total = Number(tx.get('total') ?? 0) + cents
      tx.set('total', total)
      if (total === 6245) finish()
    }),
  )
  await bus.send(till.paid, { cents: 4995 })
  await bus.send(till.paid, { cents: 1250 })
  await finished
}

// The next life, perhaps after a crash.
{
  await using inbox = await fileInbox({ dir: join(dir, 'inbox') })
  console.log(`${inbox.get('total')} cents`)
}

rmSync(dir, { recursive: true })
