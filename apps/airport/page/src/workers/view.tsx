/** The workers: a lamp, the process id when they have one, and a button each. */

import type { Worker } from '@airport/contracts'
import type { Connection } from '../connection/state.js'
import { Panel } from '../panel.js'
import { colourOf } from './colour.js'
import type { Workers } from './state.js'

function WorkerRow({ worker, workers }: { readonly worker: Worker; readonly workers: Workers }) {
  const { name, service, running, pid } = worker
  const busy = workers.busy.value.has(name)
  const verb = running ? 'Stop' : 'Start'
  return (
    <li class={running ? 'runs' : 'stopped'} data-worker={name}>
      <i class={service === 'baggage' ? `lamp ${colourOf(name)}` : 'lamp'} />
      <b>{name}</b>
      <span class="pid">{running ? (pid === undefined ? 'in process' : `pid ${pid}`) : 'stopped'}</span>
      <button
        type="button"
        class={running ? 'stop' : 'start'}
        aria-label={`${verb} ${name}`}
        aria-busy={busy}
        onClick={() => workers.turn(worker, !running)}
      >
        {busy ? '…' : verb}
      </button>
    </li>
  )
}

interface WorkersViewProps {
  readonly workers: Workers
  readonly connection: Connection
}

/** Only a hub with a process of its own has a plug. */
function HubRow({ workers, connection }: WorkersViewProps) {
  const hub = workers.hub.value
  if (hub === undefined) return null
  const up = !connection.away.value && hub.pid !== undefined
  return (
    <li class={up ? 'runs' : 'stopped'} data-worker="hub">
      <i class="lamp" />
      <b>hub</b>
      <span class="pid">{up ? `pid ${hub.pid}` : 'down'}</span>
      <button
        type="button"
        class="stop plug"
        title="Kills the hub's process, without warning; it is started again a little later"
        disabled={!up}
        onClick={workers.pullPlug}
      >
        Pull the plug
      </button>
    </li>
  )
}

export function WorkersView({ workers, connection }: WorkersViewProps) {
  const roster = workers.roster.value
  const up = roster.filter((worker) => worker.running).length
  return (
    <Panel
      name="workers"
      title="Workers"
      icon="workers"
      words={roster.length === 0 ? 'asking…' : `${up} of ${roster.length} run`}
    >
      <ul>
        <HubRow workers={workers} connection={connection} />
        {roster.map((worker) => (
          <WorkerRow key={worker.name} worker={worker} workers={workers} />
        ))}
      </ul>
    </Panel>
  )
}
