/** Starts the page: the only file that knows which wire the browser uses. */

import './no-eval.js'
import { websocket } from '@busbar/websocket'
import { createBus, systemClock } from 'busbar'
import { h, render } from 'preact'
import { createTheme } from './connection/theme.js'
import { createPage, Page } from './page.js'
import { keepConnected } from './session.js'

const page = createPage(systemClock)
render(h(Page, { page, choice: createTheme(window) }), document.body)

/** The launcher knows where the hub listens; the answer never comes from outside this origin. */
const locate = async (): Promise<string> => {
  const answer: unknown = await (await fetch('/config.json')).json()
  if (typeof answer === 'object' && answer !== null && 'hub' in answer && typeof answer.hub === 'string') {
    return answer.hub
  }
  throw new TypeError('/config.json does not say where the hub is.')
}

void keepConnected(page, {
  clock: systemClock,
  locate,
  connect: (hub, middleware) =>
    createBus({
      service: `page-${crypto.randomUUID().slice(0, 8)}`,
      transport: websocket({ url: hub }),
      middleware,
    }),
})
