/** Pulling the plug of the hub, as a visitor sees it: a real SIGKILL, the outage on the page, and the recovery. */

import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type AirportProcess, startAirportProcess } from './airport-process.js'
import { desktop, isAlive, leave, openBrowser, planes, until, visitOf } from './visitor.js'

let airport: AirportProcess
let browser: Browser
const troubles: string[] = []

beforeAll(async () => {
  airport = await startAirportProcess(['--split', '--pace', '2'])
  browser = await openBrowser()
}, 60_000)

afterEach((context) => {
  if (context.task.result?.state === 'fail') console.error(airport?.output())
})

afterAll(async () => {
  await browser?.close()
  expect(await airport?.stop()).toBe(0)
})

/** The counts of the belt as they are shown in one moment; all of them come from one answer of the hub. */
const beltCounts = (page: Page): Promise<Readonly<Record<string, number>>> =>
  page.evaluate(() => {
    const count = (name: string) => Number(document.querySelector(`.figures .${name}`)?.textContent)
    const names = ['received', 'ready', 'leased', 'delayed', 'done', 'dead']
    return Object.fromEntries(names.map((name) => [name, count(name)]))
  })

test('Q1 F44 F51 the plug of the hub is pulled: the page shows the outage, then the recovery, and no bag is lost', async () => {
  const page = await visitOf(browser, airport.pageUrl, desktop, troubles)
  await planes(page, 1)
  const hub = page.locator('[data-worker="hub"]')
  const pid = await hub.locator('.pid').textContent()
  await until(page, '.belt .done', 'at least', 3)
  // Nobody at the belt: what is checked in now can only survive in the store.
  await page.getByRole('button', { name: 'Stop all workers' }).click()
  await page.locator('.belt').getByText('NO WORKERS').waitFor()
  await until(page, '.belt .ready', 'at least', 4)
  const before = await beltCounts(page)
  expect(troubles).toEqual([])

  await hub.getByRole('button', { name: 'Pull the plug' }).click()
  await page.getByRole('alert').getByText('No connection to the hub').waitFor()
  await page.locator('.belt').getByText('HUB DOWN').waitFor()
  await page.locator('.band.halted').waitFor()
  await page.getByText('NO SIGNAL', { exact: true }).waitFor()
  expect(await hub.getAttribute('class')).toBe('stopped')
  expect(await hub.getByRole('button').isDisabled()).toBe(true)
  expect(isAlive(Number(pid?.replace('pid ', '')))).toBe(false)

  await page.locator('[data-worker="hub"].runs').waitFor()
  await page.getByRole('alert').waitFor({ state: 'detached' })
  await page.getByText('LIVE', { exact: true }).waitFor()
  await page.waitForFunction(
    (old) => document.querySelector('[data-worker="hub"] .pid')?.textContent !== old,
    pid,
  )
  await until(page, '.figures .received', 'at least', before.received ?? 0)
  await planes(page, 1)
  await page.getByRole('button', { name: 'Start 3 workers' }).click()
  await until(page, '.belt .done', 'at least', (before.done ?? 0) + (before.ready ?? 0))
  // The mark stands there when each bag that was ever checked in is in one of the other places.
  await page.locator('.figures .received.whole').waitFor()
  const { received = 0, ready = 0, leased = 0, delayed = 0, done = 0, dead = 0 } = await beltCounts(page)
  expect(ready + leased + delayed + done + dead).toBe(received)
  await page.locator('.tour li.done', { hasText: 'Pull the plug' }).waitFor()
  await page.locator('.board tr.landed, .board tr.boarding').first().waitFor()
  await leave(page)
  // Chromium tells the console of each connection that was refused, and of nothing else.
  expect(troubles.filter((trouble) => !trouble.includes('ERR_CONNECTION_REFUSED'))).toEqual([])
}, 90_000)
