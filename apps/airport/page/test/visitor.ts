/** A visitor in Chromium: opens the page, waits for what it shows, and hears its every complaint. */

import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const executablePath = process.env.BUSBAR_CHROMIUM
const patienceMs = 45_000

export const desktop = { viewport: { width: 1280, height: 800 } } as const

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    ...(executablePath !== undefined && { executablePath }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

/** A page whose every complaint is collected: errors, the console's, and breaches of the content policy. */
export async function visitOf(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
  troubles: string[],
): Promise<Page> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(patienceMs)
  page.on('pageerror', (error) => troubles.push(`page error: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      troubles.push(`console: ${message.text()}`)
  })
  page.on('requestfailed', (request) => troubles.push(`request failed: ${request.url()}`))
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()}: ${response.url()}`)
  })
  await page.goto(url)
  return page
}

export const leave = (page: Page): Promise<void> => page.context().close()

/** Resolves when the number that an element shows is at least, or at most, the limit. */
export const until = (page: Page, selector: string, holds: 'at least' | 'at most', limit: number) =>
  page.waitForFunction(
    ([path, how, least]) => {
      const value = Number(document.querySelector(path)?.textContent)
      return how === 'at least' ? value >= least : value <= least
    },
    [selector, holds, limit] as const,
  )

export const planes = (page: Page, least: number) =>
  page.waitForFunction(
    (n) => Number(document.querySelector<HTMLElement>('.scope')?.dataset.planes) >= n,
    least,
  )

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
