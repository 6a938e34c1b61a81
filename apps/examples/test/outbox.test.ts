/** Runs the outbox example on a real server, in a schema of its own, and compares what it prints with its page. */

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { expect, test } from 'vitest'

const url = process.env.BUSBAR_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/test'
const page = readFileSync(new URL('../../../docs/outbox-and-inbox.md', import.meta.url), 'utf8')
const example = fileURLToPath(new URL('../dist/outbox.js', import.meta.url))

test('outbox prints what its page shows', async (context) => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 3_000 })
  try {
    await client.connect()
  } catch (error) {
    if (process.env.BUSBAR_REQUIRE_POSTGRES === '1') throw error
    context.skip('no PostgreSQL answers; BUSBAR_POSTGRES_URL names another one')
  }
  const schema = `busbar_${crypto.randomUUID().replaceAll('-', '')}`
  await client.query(`CREATE SCHEMA ${schema}`)
  try {
    const env = { ...process.env, DATABASE_URL: url, PGOPTIONS: `-c search_path=${schema}` }
    const { stdout } = await promisify(execFile)(process.execPath, [example], { env, timeout: 20_000 })
    const [, shown] = /<!-- output: outbox -->\n```\n([\s\S]*?)```/.exec(page) ?? []
    expect(stdout).toBe(shown)
  } finally {
    await client.query(`DROP SCHEMA ${schema} CASCADE`)
    await client.end()
  }
})
