/** The belt as a belt: bags that wait lie on it in grey, bags that ride have the colour of their worker. */

import type { BagCounts } from '@airport/contracts'
import type { Connection } from '../connection/state.js'
import { Panel } from '../panel.js'
import { colourOf } from '../workers/colour.js'
import type { Workers } from '../workers/state.js'
import { addsUp, type Belt, type Riding } from './state.js'

/** More than this many lie too close to be told apart. */
const drawn = 72
const lanes = 3
const laneOf = (worker: string): number => (Number(/\d+$/.exec(worker)?.[0] ?? 1) - 1) % lanes
const marks = { moving: '', delivered: '✓', jammed: '!', lost: '✖' } as const

function Bag({ bag }: { readonly bag: Riding }) {
  const { tag, worker, attempt, state, side } = bag
  return (
    <li
      class={`bag ${state} ${colourOf(worker)} lane-${laneOf(worker)} side-${side}`}
      title={`${tag}, ${worker}, try ${attempt}`}
    >
      <span class="tag">{tag}</span>
      {attempt > 1 && <b class="try">try {attempt}</b>}
      <i>{marks[state]}</i>
    </li>
  )
}

function Waiting({ count }: { readonly count: number }) {
  const bags = Array.from({ length: Math.min(count, drawn) }, (_, index) => index)
  return (
    <div class="waiting" role="img" aria-label={`${count} bags waiting`}>
      {bags.map((index) => (
        <i key={index} class="case" />
      ))}
      {count > drawn && <b>+{count - drawn}</b>}
    </div>
  )
}

function History({ values }: { readonly values: readonly number[] }) {
  const top = Math.max(10, ...values)
  const points = values.map((value, index) => `${index},${(28 - (value / top) * 26).toFixed(1)}`).join(' ')
  return (
    <svg class="history" viewBox="0 0 120 30" preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points} />
    </svg>
  )
}

function Figures({ counts, alone }: { readonly counts: BagCounts | undefined; readonly alone: boolean }) {
  const { received, ready, leased, delayed, done, dead, purged } = counts ?? {}
  const whole = counts !== undefined && addsUp(counts)
  return (
    <>
      <div title={whole ? 'Each of them is in one of the other places' : undefined}>
        <dt>checked in</dt>
        <dd class={whole ? 'received whole' : 'received'}>{received ?? '–'}</dd>
      </div>
      <div class={alone && (ready ?? 0) > 0 ? 'bad' : ''}>
        <dt>waiting</dt>
        <dd class="ready">{ready ?? '–'}</dd>
      </div>
      <div>
        <dt>in hands</dt>
        <dd class="leased">{leased ?? '–'}</dd>
      </div>
      <div>
        <dt>try again</dt>
        <dd class="delayed">{delayed ?? '–'}</dd>
      </div>
      <div>
        <dt>delivered</dt>
        <dd class="done">{done ?? '–'}</dd>
      </div>
      <div>
        <dt>lost</dt>
        <dd class="dead">{dead === undefined ? '–' : dead + (purged ?? 0)}</dd>
      </div>
    </>
  )
}

interface BeltViewProps {
  readonly belt: Belt
  readonly workers: Workers
  readonly connection: Connection
}

export function BeltView({ belt, workers, connection }: BeltViewProps) {
  const counts = belt.counts.value
  const alone = belt.unattended.value
  const away = connection.away.value
  const ready = counts?.ready ?? 0
  const crew = workers.crew.value
  const anyRuns = crew.some((worker) => worker.running)
  return (
    <Panel
      name={alone ? 'belt alone' : 'belt'}
      title="Baggage belt"
      icon="belt"
      words="queue · retry"
      aside={
        <button
          type="button"
          class={anyRuns ? 'stop' : 'start'}
          disabled={crew.length === 0}
          onClick={() => workers.turnAll(crew, !anyRuns)}
        >
          {anyRuns ? 'Stop all workers' : `Start ${crew.length} workers`}
        </button>
      }
    >
      <div class={alone || away ? 'band halted' : 'band'}>
        <Waiting count={ready} />
        <ul class="ride" aria-label="Bags on the belt">
          {belt.riding.value.map((bag) => (
            <Bag key={`${bag.tag}/${bag.worker}/${bag.since}`} bag={bag} />
          ))}
        </ul>
        {away ? (
          <strong class="nobody">HUB DOWN</strong>
        ) : (
          alone && <strong class="nobody">NO WORKERS</strong>
        )}
      </div>
      {belt.uncounted.value ? (
        <p class="none">This wire keeps no counts of the belt: only what happens on it is seen.</p>
      ) : (
        <dl class="figures">
          <Figures counts={counts} alone={alone} />
          <History values={belt.history.value} />
        </dl>
      )}
    </Panel>
  )
}
