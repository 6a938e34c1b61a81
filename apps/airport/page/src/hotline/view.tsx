/** The hotline as a conversation. */

import { Panel } from '../panel.js'
import type { Hotline } from './state.js'

const speakers = { tower: 'Tower', vehicle: 'Follow-me', intruder: 'Somebody else' } as const

export function HotlineView({ hotline }: { readonly hotline: Hotline }) {
  const busy = hotline.busy.value
  return (
    <Panel
      name="hotline"
      title="Hotline"
      icon="phone"
      words="pair"
      aside={<span class={busy ? 'onair busy' : 'onair'}>{busy ? 'on the line' : 'line free'}</span>}
    >
      <ol>
        {hotline.lines.value.map(({ id, from, say, state }) => (
          <li key={id} class={from}>
            <b>{speakers[from]}</b> <span>{say}</span>
            {state === 'refused' && <em> line is taken, call refused</em>}
          </li>
        ))}
      </ol>
    </Panel>
  )
}
