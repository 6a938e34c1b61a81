/** A durable queue in one process: the job survives a crash between sending and working. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '@busbar/store'
import { contract, createBus, memory, queue } from 'busbar'
import { z } from 'zod'

const mail = contract('mail', {
  welcome: queue(z.object({ to: z.email() }), { durable: true, retry: { attempts: 5 } }),
})

const dir = mkdtempSync(join(tmpdir(), 'busbar-'))

// The first life: it takes the job and is gone.
{
  await using bus = await createBus({ service: 'web', transport: memory({ store: fileStore({ dir }) }) })
  const receipt = await bus.send(mail.welcome, { to: 'ada@example.com' })
  console.log(receipt.level)
}

// The next one, perhaps after a crash.
{
  await using bus = await createBus({ service: 'mailer', transport: memory({ store: fileStore({ dir }) }) })
  let sent = () => {}
  const worked = new Promise<void>((resolve) => (sent = resolve))
  await bus.work(mail.welcome, ({ to }) => {
    console.log(`welcome, ${to}`)
    sent()
  })
  await worked
}

rmSync(dir, { recursive: true })
