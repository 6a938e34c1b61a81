/** The top of the page: name, wire, connection, rate and theme; and a banner while nothing comes in. */

import type { ReadonlySignal } from '@preact/signals'
import { Icon } from '../icon.js'
import type { Connected, Connection } from './state.js'
import type { ThemeChoice } from './theme.js'

interface HeaderProps {
  readonly connection: Connection
  readonly choice: ThemeChoice
  /** What the services talk over. */
  readonly wire: ReadonlySignal<string>
}

const words: Readonly<Record<Connected, string>> = {
  connecting: 'connecting',
  connected: 'connected',
  reconnecting: 'reconnecting',
  lost: 'lost',
}

export function Header({ connection, choice, wire }: HeaderProps) {
  const { state, rate, hub } = connection
  const other = choice.theme.value === 'dark' ? 'light' : 'dark'
  return (
    <header class="top">
      <h1>
        <Icon name="plane" />
        <span>Busbar Airport</span>
      </h1>
      <dl>
        <div>
          <dt>services</dt>
          <dd class="wire">{wire.value === '' ? '–' : wire}</dd>
        </div>
        <div>
          <dt>this page</dt>
          <dd title={hub.value}>WebSocket</dd>
        </div>
        <div>
          <dt>hub</dt>
          <dd class={`link ${state.value}`}>{words[state.value]}</dd>
        </div>
        <div>
          <dt>messages/s</dt>
          <dd class="rate">{rate}</dd>
        </div>
      </dl>
      <button type="button" class="theme" onClick={choice.toggle}>
        {other === 'dark' ? 'Dark' : 'Light'}
        <span class="unseen"> theme</span>
      </button>
    </header>
  )
}

/** Says that what is shown is old. */
export function Banner({ connection }: { readonly connection: Connection }) {
  const { state, reason } = connection
  if (state.value === 'connected') return null
  const trouble = state.value === 'connecting' && reason.value === ''
  return (
    <div class={trouble ? 'banner quiet' : 'banner'} role="alert">
      <strong>
        {state.value === 'connecting' ? 'Looking for the hub…' : 'No connection to the hub. Reconnecting…'}
      </strong>{' '}
      {state.value === 'connecting'
        ? reason
        : 'What you see is how things were. What was checked in is not lost: it goes on by itself.'}
    </div>
  )
}
