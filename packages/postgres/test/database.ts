/** A schema of its own for each test on a real server, dropped after it; without a server its tests are skipped aloud. */

import { Pool, type PoolClient } from 'pg'
import { onTestFinished, type TestAPI, test } from 'vitest'

/** Of the server that the tests use. */
export const connectionString = process.env.BUSBAR_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/test'

async function isThere(): Promise<boolean> {
  const pool = new Pool({ connectionString, max: 1, connectionTimeoutMillis: 3_000 })
  try {
    await pool.query('SELECT 1')
    return true
  } catch (error) {
    if (process.env.BUSBAR_REQUIRE_POSTGRES === '1') throw error
    console.log('skipped: no PostgreSQL answers; BUSBAR_POSTGRES_URL names another one')
    return false
  } finally {
    await pool.end()
  }
}

/** `test` of vitest where a server answers. */
export const onPostgres: TestAPI['skip'] | TestAPI = (await isThere()) ? test : test.skip

/** A pool whose tables are the test's own. */
export interface Database {
  readonly schema: string
  readonly pool: Pool
  /** Another pool on the same tables, as another process would have. */
  another(): Pool
}

/** Gives an empty schema and pools that look there first. */
export async function database(): Promise<Database> {
  const schema = `busbar_${crypto.randomUUID().replaceAll('-', '')}`
  const owner = new Pool({ connectionString, max: 1 })
  await owner.query(`CREATE SCHEMA ${schema}`)
  onTestFinished(async () => {
    await owner.query(`DROP SCHEMA ${schema} CASCADE`)
    await owner.end()
  })
  const another = (): Pool => {
    const pool = new Pool({ connectionString, options: `-c search_path=${schema}` })
    // The tests break connections on purpose.
    pool.on('error', () => undefined)
    onTestFinished(() => pool.end())
    return pool
  }
  return { schema, pool: another(), another }
}

/** Runs `work` in a transaction. */
export async function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}
