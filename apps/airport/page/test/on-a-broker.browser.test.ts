/** The airport on a broker, as a visitor sees it: what travels over the broker is on the page all the same. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeBroker, startBroker } from '../../../../tooling/brokers/index.mjs'
import { startAirportProcess } from './airport-process.js'
import { desktop, openBrowser, planes, until, visitOf } from './visitor.js'

describeBroker('redis', 'the page', () => {
  let browser: Awaited<ReturnType<typeof openBrowser>>
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  test('Q1 planes, bags and lost bags on Redis are seen, and a lost bag goes back to the belt from the page', {
    timeout: 120_000,
  }, async () => {
    await using server = await startBroker('redis', { config: 'appendfsync always' })
    const airport = await startAirportProcess(['--url', server.url, '--pace', '3'])
    const troubles: string[] = []
    const page = await visitOf(browser, airport.pageUrl, desktop, troubles)
    await planes(page, 1)
    await until(page, '.belt .done', 'at least', 3)
    const letter = page.locator('.lost [data-letter]').first()
    await letter.waitFor()
    await page.getByRole('button', { name: 'Redrive all' }).click()
    await page.getByText(/bags? back on the belt with a new label/).waitFor()
    await page.locator('.feed li', { hasText: 'landed' }).first().waitFor()
    expect(troubles).toEqual([])
    expect(await airport.stop(), airport.output()).toBe(0)
  })
})
