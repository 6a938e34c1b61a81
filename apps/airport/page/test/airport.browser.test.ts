/** The airport as a visitor sees it: one process per service, the page in Chromium, real clicks. */
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type AirportProcess, startAirportProcess } from './airport-process.js'
import { desktop, isAlive, leave, openBrowser, planes, until, visitOf } from './visitor.js'

const images = fileURLToPath(new URL('../../../../docs/images/', import.meta.url))
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true } as const

let airport: AirportProcess
let browser: Browser
const troubles: string[] = []
const visit = (options: BrowserContextOptions): Promise<Page> =>
  visitOf(browser, airport.pageUrl, options, troubles)

const number = async (page: Page, selector: string): Promise<number> =>
  Number(await page.locator(selector).textContent())
/** Lines that turn cannot be read in a picture: resolves when no more than one does, for some frames. */
const stillBoard = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const lineFlaps = 34
        let stillFrames = 0
        requestAnimationFrame(function look() {
          const turning = document.querySelector('.board')?.getAnimations({ subtree: true }) ?? []
          stillFrames = turning.length <= lineFlaps ? stillFrames + 1 : 0
          if (stillFrames > 3) resolve()
          else requestAnimationFrame(look)
        })
      }),
  )
const waiting = '.belt .ready'

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
  expect(troubles).toEqual([])
})

test('planes are in the air as soon as the page is there', async () => {
  const page = await visit(desktop)
  await planes(page, 1)
  console.log(`first plane ${Math.round(performance.now() - airport.readyAt)} ms after the ready line`)
  await page.locator('.link.connected').waitFor()
  expect(await page.locator('.wire').textContent()).toContain('tcp')
  expect(await page.locator('.workers li.runs').count()).toBe(10)
  await page.locator('.board tr.landed, .board tr.boarding').first().waitFor()
  await leave(page)
})

test('killing all baggage workers fills the belt, starting them drains it', async () => {
  const page = await visit(desktop)
  const pids = () => page.locator('.workers li', { hasText: 'baggage' }).locator('.pid').allTextContents()
  await page.locator('[data-worker="baggage-3"].runs').waitFor()
  const before = await pids()
  for (const name of ['baggage-1', 'baggage-2', 'baggage-3']) {
    await page.getByRole('button', { name: `Stop ${name}` }).click()
  }
  await page.locator('.belt').getByText('NO WORKERS').waitFor()
  for (const pid of before) expect(isAlive(Number(pid.replace('pid ', '')))).toBe(false)
  await until(page, waiting, 'at least', 8)
  expect(await page.locator('.waiting .case').count()).toBeGreaterThanOrEqual(8)
  const delivered = await number(page, '.belt .done')
  await page.getByRole('button', { name: 'Start 3 workers' }).click()
  await until(page, waiting, 'at most', 1)
  await until(page, '.belt .done', 'at least', delivered + 8)
  await page.locator('.nobody').waitFor({ state: 'detached' })
  expect(await pids()).not.toEqual(before)
  await page.locator('.tour li.done').nth(1).waitFor()
  await leave(page)
})

test('a lost bag gets a new label and leaves the desk', async () => {
  const page = await visit(desktop)
  const letter = page.locator('.lost li', { hasText: 'the label cannot be read' }).first()
  await letter.waitFor()
  const id = await letter.getAttribute('data-letter')
  const tag = await letter.locator('b').textContent()
  expect(await letter.textContent()).toContain('3 tries')
  await letter.getByRole('button', { name: `Redrive ${tag} with a new label` }).click()
  await page.locator(`[data-letter="${id}"]`).waitFor({ state: 'detached' })
  await page
    .locator('.feed li', { hasText: `${tag} delivered` })
    .first()
    .waitFor()
  await leave(page)
})

test('the radar plays its tape and comes back to the present', async () => {
  const page = await visit(desktop)
  await planes(page, 1)
  const slider = page.getByRole('slider', { name: 'Rewind' })
  await slider.fill('-10')
  await page.getByText(/^TAPE/).waitFor()
  await planes(page, 1)
  await page.getByText('LIVE', { exact: true }).waitFor()
  await slider.fill('-60')
  await page.getByText(/^TAPE/).waitFor()
  await planes(page, 1)
  await page.getByRole('button', { name: 'Live' }).click()
  await page.getByText('LIVE', { exact: true }).waitFor()
  await leave(page)
})

test('a refused bag is told with the reason of its schema', async () => {
  const page = await visit(desktop)
  const toast = page.locator('.toast', { hasText: 'Refused before it was sent' }).first()
  await toast.waitFor()
  expect(await toast.textContent()).toMatch(/kg: .*32/)
  await page.locator('.feed li.bad', { hasText: 'Sloppy Air' }).first().waitFor()
  await leave(page)
})

test('every button is reached by keyboard, and says where it is', async () => {
  const page = await visit(desktop)
  await page.locator('[data-worker="airlines"].runs').waitFor()
  // The desk shows up to 40 bags with two buttons each.
  for (let presses = 0; presses < 160; presses += 1) {
    await page.keyboard.press('Tab')
    const label = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    if (label === 'Stop airlines') break
  }
  const focused = page.locator(':focus')
  expect(await focused.getAttribute('aria-label')).toBe('Stop airlines')
  expect(await focused.evaluate((button) => getComputedStyle(button).outlineStyle)).toBe('solid')
  await page.keyboard.press('Enter')
  await page.locator('[data-worker="airlines"].stopped').waitFor()
  await page.getByRole('button', { name: 'Start airlines' }).press('Enter')
  await page.locator('[data-worker="airlines"].runs').waitFor()
  const nameless = await page.locator('button, input').evaluateAll((controls) =>
    controls
      .filter((control) => control.textContent?.trim() === '' && control.getAttribute('aria-label') === null)
      .filter((control) => !(control instanceof HTMLInputElement && (control.labels?.length ?? 0) > 0))
      .map((control) => control.outerHTML),
  )
  expect(nameless).toEqual([])
  await leave(page)
})

test('a phone shows everything without scrolling sideways', async () => {
  const page = await visit(phone)
  await planes(page, 1)
  await page.locator('.board tr.landed, .board tr.boarding').first().waitFor()
  const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
  expect(widths).toEqual([360, 360])
  await leave(page)
})

test('a scope without room is left empty, and the page goes on', async () => {
  const page = await visit(desktop)
  await planes(page, 1)
  const twoFrames = () =>
    page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  await page.locator('.scope').evaluate((scope) => scope.style.setProperty('display', 'none'))
  await twoFrames()
  await page.locator('.scope').evaluate((scope) => scope.style.removeProperty('display'))
  await twoFrames()
  expect(troubles).toEqual([])
  await leave(page)
})

test('who wants less motion gets less', async () => {
  const page = await visit({ ...desktop, reducedMotion: 'reduce' })
  await page.locator('.bag').first().waitFor()
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
  await leave(page)
})

test.runIf(process.env.BUSBAR_SCREENSHOTS === '1')('pictures for the documents', async () => {
  await mkdir(images, { recursive: true })
  const shoot = async (name: string, options: BrowserContextOptions): Promise<void> => {
    const page = await visit(options)
    await planes(page, 4)
    await until(page, '.lost .badge', 'at least', 1)
    await page.locator('.bag').nth(2).waitFor()
    await page.locator('.board tr:not(.blank)').nth(6).waitFor()
    if (options !== phone) await page.locator('.toast.bad:only-child').waitFor()
    await stillBoard(page)
    await page.screenshot({ path: `${images}${name}.png` })
    await leave(page)
  }
  await shoot('airport-light', { ...desktop, colorScheme: 'light' })
  await shoot('airport-dark', { ...desktop, colorScheme: 'dark' })
  await shoot('airport-phone', phone)
})

test('when the hub goes away the page says so, and comes back with it', async () => {
  const page = await visit(desktop)
  await page.locator('.link.connected').waitFor()
  expect(troubles).toEqual([])
  await airport.stop()
  await page.getByRole('alert').getByText('No connection to the hub').waitFor()
  expect(await page.locator('.link').textContent()).toBe('reconnecting')
  const { pageUrl } = airport
  airport = await startAirportProcess(['--split', '--pace', '2'])
  // Somebody else may have taken the port meanwhile; then there is nothing to come back to.
  if (airport.pageUrl === pageUrl) {
    await page.locator('.link.connected').waitFor()
    await planes(page, 1)
    await page.locator('.feed li', { hasText: 'landed' }).first().waitFor()
  }
  await leave(page)
  // Chromium tells the console of each connection that was refused.
  troubles.length = 0
}, 60_000)
