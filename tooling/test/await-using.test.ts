/** Tests may use syntax that Node 20 lacks. */
import { expect, test } from 'vitest'

test('await using runs on the oldest supported Node', async () => {
  const closed: string[] = []
  {
    await using door = { [Symbol.asyncDispose]: async () => void closed.push('door') }
    expect(door).toBeDefined()
  }
  expect(closed).toEqual(['door'])
})
