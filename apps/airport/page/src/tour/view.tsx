/** The list of things to try. */

import { Panel } from '../panel.js'
import type { Tour } from './state.js'

export function TourView({ tour }: { readonly tour: Tour }) {
  const done = tour.done.value
  const stops = tour.stops.value
  const seen = stops.filter(({ name }) => done.has(name)).length
  return (
    <Panel name="tour" title="Try it" icon="hand" words={`${seen} of ${stops.length} seen`}>
      <ul>
        {stops.map(({ name, wish, effect }) => (
          <li key={name} class={done.has(name) ? 'done' : ''}>
            <i aria-hidden="true">{done.has(name) ? '✔' : ''}</i>
            <span>
              <b>{wish}</b>
              {`: ${effect}`}
              {done.has(name) && <span class="unseen"> (seen)</span>}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
