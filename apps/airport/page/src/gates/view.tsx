/** The gates as lamps, and the planes that wait for one. */

import { Panel } from '../panel.js'
import type { Gates } from './state.js'

const lampOf = (flight: string | null | undefined): string =>
  flight === undefined ? 'unknown' : flight === null ? 'free' : 'taken'

export function GatesView({ gates }: { readonly gates: Gates }) {
  const holding = gates.holding.value
  return (
    <Panel name="gates" title="Gates" icon="gate" words="request · reply">
      <ul class="lamps" aria-label="Gates">
        {gates.gates.value.map(({ name, flight }) => (
          <li key={name} class={lampOf(flight)}>
            <b>{name}</b>
            <span>{flight ?? (flight === null ? 'free' : '–')}</span>
          </li>
        ))}
      </ul>
      <div class="holding">
        <h3>Circling</h3>
        {holding.length === 0 ? (
          <p class="none">Nobody: every plane has found a gate.</p>
        ) : (
          <ul>
            {holding.map(({ flight, round }) => (
              <li key={flight}>
                <b>{flight}</b> <span>round {round}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Panel>
  )
}
