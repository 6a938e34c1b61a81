/** The radar panel: the scope, the tape's slider and the way back to the present. */

import { useEffect, useRef } from 'preact/hooks'
import type { Connection } from '../connection/state.js'
import { Panel } from '../panel.js'
import { drawScope, type Glide, type ScopeLook } from './scope.js'
import { type Radar, tapeSeconds, tapeSpeed } from './state.js'

const lookOf = (canvas: HTMLCanvasElement): ScopeLook => {
  const style = getComputedStyle(canvas)
  const of = (name: string): string => style.getPropertyValue(`--scope-${name}`)
  return {
    glass: of('glass'),
    line: of('line'),
    sweep: of('sweep'),
    approach: of('approach'),
    circling: of('circling'),
    landing: of('landing'),
    font: `600 11px ${style.getPropertyValue('--mono')}`,
  }
}

function Scope({ radar }: { readonly radar: Radar }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const element = canvas.current
    const pen = element?.getContext('2d')
    if (!element || !pen) return
    const calm = matchMedia('(prefers-reduced-motion: reduce)')
    const glide: Glide = new Map()
    const look = lookOf(element)
    let frame = requestAnimationFrame(function draw(timeMs) {
      const size = element.clientWidth
      const pixels = Math.round(size * devicePixelRatio)
      if (element.width !== pixels) {
        element.width = pixels
        element.height = pixels
      }
      pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
      drawScope(pen, radar.sky, glide, { size, timeMs, still: calm.matches, look })
      frame = requestAnimationFrame(draw)
    })
    return () => cancelAnimationFrame(frame)
  }, [radar])
  const { flying, circling } = radar.planes.value
  return (
    <canvas
      ref={canvas}
      class="scope"
      role="img"
      aria-label={`Radar scope: ${flying} planes, ${circling} of them circling`}
      data-planes={flying}
    />
  )
}

export function RadarView({ radar, connection }: { readonly radar: Radar; readonly connection: Connection }) {
  const now = connection.away.value ? 'NO SIGNAL' : 'LIVE'
  const behind = radar.behind.value
  const onTape = radar.mode.value === 'tape'
  return (
    <Panel name="radar" title="Radar" icon="radar" words="stream · replay">
      <div class={onTape ? 'glass tape-on' : 'glass'}>
        <Scope radar={radar} />
        <span class="mode">{onTape ? `TAPE −${behind} s, ×${tapeSpeed}` : now}</span>
        <span class="count">
          {radar.planes.value.flying} in the air, <em>{radar.planes.value.circling} circling</em>
        </span>
      </div>
      <div class="tape">
        <label for="tape">Rewind</label>
        <input
          id="tape"
          type="range"
          min={-tapeSeconds}
          max={0}
          step={5}
          value={-Math.min(tapeSeconds, behind)}
          aria-valuetext={behind === 0 ? 'live' : `${behind} seconds ago`}
          onChange={(event) => radar.rewind(-Number(event.currentTarget.value))}
        />
        <button type="button" onClick={() => radar.rewind(60)}>
          −60 s
        </button>
        <button type="button" class="live" aria-pressed={!onTape} onClick={radar.live}>
          Live
        </button>
      </div>
    </Panel>
  )
}
