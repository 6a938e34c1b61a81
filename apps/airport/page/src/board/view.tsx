/** The departures board. */

import { Panel } from '../panel.js'
import { cityOf } from './cities.js'
import { Flaps } from './flaps.js'
import { airlineOf, type Board, type Row } from './state.js'

/** Hours and minutes where the visitor is. */
const clockOf = (time: string): string => {
  const at = new Date(time)
  return [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':')
}

function Line({ row }: { readonly row: Row | undefined }) {
  return (
    <tr class={row?.status ?? 'blank'} data-flight={row?.flight}>
      <td class="when">
        <Flaps text={row === undefined ? '' : clockOf(row.time)} width={5} />
      </td>
      <td>
        <Flaps text={row?.flight ?? ''} width={6} />
      </td>
      <td>
        <Flaps text={row === undefined ? '' : cityOf(row.to)} width={13} />
      </td>
      <td class="airline">{row === undefined ? '' : airlineOf(row.flight)}</td>
      <td>
        <Flaps text={row?.gate ?? ''} width={2} />
      </td>
      <td class="status">
        <Flaps text={row?.status ?? ''} width={8} />
      </td>
    </tr>
  )
}

export function BoardView({ board }: { readonly board: Board }) {
  return (
    <Panel name="board" title="Departures" icon="board" words="event · fan-out">
      <table>
        <thead>
          <tr>
            <th class="when">Time</th>
            <th>Flight</th>
            <th>To</th>
            <th class="airline">Airline</th>
            <th>Gate</th>
            <th>Status</th>
          </tr>
        </thead>
        <tbody>
          {board.lines.value.map((row, index) => (
            <Line key={index} row={row} />
          ))}
        </tbody>
      </table>
    </Panel>
  )
}
