/** Lost & Found as a desk: one card per dead letter, with reason, tries and what to do. */

import type { LostBag } from '@airport/contracts'
import { Panel } from '../panel.js'
import type { Lost } from './state.js'

function Card({ bag, lost }: { readonly bag: LostBag; readonly lost: Lost }) {
  const { id, tag, reason, attempts } = bag
  return (
    <li data-letter={id}>
      <b>{tag}</b>
      <span class="why">
        {reason}
        <small> · {attempts} tries</small>
      </span>
      <button
        type="button"
        class="start"
        disabled={lost.busy.value}
        aria-label={`Redrive ${tag} with a new label`}
        title="Write a new label and put the bag back on the belt"
        onClick={() => lost.redrive(id)}
      >
        Redrive
      </button>
      <button
        type="button"
        disabled={lost.busy.value}
        aria-label={`Discard ${tag}`}
        onClick={() => lost.discard(id)}
      >
        Discard
      </button>
    </li>
  )
}

export function LostView({ lost }: { readonly lost: Lost }) {
  const bags = lost.bags.value
  return (
    <Panel
      name="lost"
      title="Lost & Found"
      icon="lost"
      words="dead letters"
      aside={
        <button
          type="button"
          class="start"
          disabled={bags.length === 0 || lost.busy.value}
          onClick={() => lost.redrive()}
        >
          Redrive all <span class="badge">{lost.more.value ? `${bags.length}+` : bags.length}</span>
        </button>
      }
    >
      {bags.length === 0 ? (
        <p class="none">The desk is empty. Bags come here after three tries.</p>
      ) : (
        <ul>
          {bags.map((bag) => (
            <Card key={bag.id} bag={bag} lost={lost} />
          ))}
        </ul>
      )}
    </Panel>
  )
}
