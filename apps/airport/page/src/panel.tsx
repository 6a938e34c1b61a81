/** The frame every panel stands in: a sign with its name, and the messaging words it makes visible. */

import type { Bus } from 'busbar'
import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from './icon.js'

/** The half of a panel that listens. Called again with a new bus after the connection was lost for good. */
export interface Listens {
  open(bus: Bus, signal: AbortSignal): Promise<void>
}

/** Has `fn` called whenever the hub is back after it was away, until the signal aborts. */
export function whenBack(bus: Bus, signal: AbortSignal, fn: () => void): void {
  const off = bus.status.on('state', (state) => {
    if (state === 'connected') fn()
  })
  signal.addEventListener('abort', off, { once: true })
}

/** Every page sees every message. */
export const everyPage = (signal: AbortSignal) => ({ group: 'each', signal }) as const

interface PanelProps {
  readonly name: string
  readonly title: string
  readonly icon: IconName
  /** In the words of messaging. */
  readonly words: string
  readonly children: ComponentChildren
  readonly aside?: ComponentChildren
}

export function Panel({ name, title, icon, words, aside, children }: PanelProps) {
  return (
    <section class={`panel ${name}`} aria-labelledby={`${name}-title`}>
      <header>
        <Icon name={icon} />
        <h2 id={`${name}-title`}>{title}</h2>
        <span class="words">{words}</span>
        {aside}
      </header>
      {children}
    </section>
  )
}
