/**
 * The airport on brokers, as a visitor sees it: what travels over a broker is on the page all the same, and so are the
 * bags at its Lost & Found. `BUSBAR_PAGE_BROKERS` names the brokers, `all` of them; default `redis,nats`.
 */

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokerNames, describeBroker, startBroker } from '../../../../tooling/brokers/index.mjs'
import { startAirportProcess } from './airport-process.js'
import { desktop, openBrowser, planes, until, visitOf } from './visitor.js'

const wanted = (process.env.BUSBAR_PAGE_BROKERS ?? 'redis,nats').split(',')
const chosen = brokerNames.filter((name) => wanted.includes('all') || wanted.includes(name))
/** Those that carry the belt and keep no counts of it. */
const uncounted: readonly string[] = ['kafka', 'artemis']

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser?.close())

test('every broker that is named is one', () => {
  expect(wanted.filter((name) => name !== 'all' && !brokerNames.some((known) => known === name))).toEqual([])
})

for (const name of chosen) {
  describeBroker(name, `the page on ${name}`, () => {
    test(`Q1 planes, bags and lost bags on ${name} are seen, and lost bags are sent on or discarded from the page`, {
      timeout: 180_000,
    }, async () => {
      // With less a Redis promises nothing that is durable, and the hub would have the belt.
      await using server = await startBroker(name, name === 'redis' ? { config: 'appendfsync always' } : {})
      const airport = await startAirportProcess(['--url', server.url, '--pace', '4'])
      expect(airport.output()).toMatch(/^broker +\w+ carries .*belt/m)
      const troubles: string[] = []
      const page = await visitOf(browser, airport.pageUrl, desktop, troubles)
      await planes(page, 1)
      await page.locator('.bag').first().waitFor()
      await page.locator('.board tr.landed, .board tr.boarding').first().waitFor()
      await page.locator('.feed li', { hasText: 'landed' }).first().waitFor()
      await page.locator('.hotline').getByText('Tower').first().waitFor()
      if (uncounted.includes(name)) await page.getByText('This wire keeps no counts of the belt').waitFor()
      else await until(page, '.belt .done', 'at least', 3)
      await page.getByRole('button', { name: 'Stop all workers' }).click()
      await page.locator('.belt').getByText('NO WORKERS').waitFor()
      await page.getByRole('button', { name: 'Start 3 workers' }).click()
      await page.locator('.nobody').waitFor({ state: 'detached' })
      await useLostAndFound(page)
      expect(troubles).toEqual([])
      expect(await airport.stop(), airport.output()).toBe(0)
    })
  })
}

async function useLostAndFound(page: Page): Promise<void> {
  const letters = page.locator('.lost [data-letter]')
  await letters.nth(1).waitFor()
  const id = await letters.first().getAttribute('data-letter')
  await letters
    .first()
    .getByRole('button', { name: /^Discard / })
    .click()
  await page.getByText('1 bag discarded').waitFor()
  await page.locator(`[data-letter="${id}"]`).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Redrive all' }).click()
  await page.getByText(/bags? back on the belt with a new label/).waitFor()
}
