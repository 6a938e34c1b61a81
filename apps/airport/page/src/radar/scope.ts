/** Draws the scope: rings, sweep, trails and planes with their flight numbers. */

import type { Blip, Sky } from './sky.js'

export interface ScopeLook {
  readonly glass: string
  readonly line: string
  readonly sweep: string
  readonly approach: string
  readonly circling: string
  readonly landing: string
  readonly font: string
}

/** What is drawn where; kept between frames so that planes glide from point to point. */
export type Glide = Map<string, { x: number; y: number }>

const turnMs = 4_000
const full = 2 * Math.PI
const labelWidth = 44

const circle = (pen: CanvasRenderingContext2D, x: number, y: number, radius: number): void => {
  pen.beginPath()
  pen.arc(x, y, radius, 0, full)
}

function drawGlass(pen: CanvasRenderingContext2D, radius: number, look: ScopeLook): void {
  pen.fillStyle = look.glass
  circle(pen, 0, 0, radius)
  pen.fill()
  pen.strokeStyle = look.line
  pen.lineWidth = 1
  for (const part of [0.36, 0.68, 0.995]) {
    circle(pen, 0, 0, radius * part)
    pen.stroke()
  }
  for (let degrees = 0; degrees < 360; degrees += 10) {
    const angle = (degrees / 360) * full
    const inner = radius * (degrees % 30 === 0 ? 0.94 : 0.97)
    pen.beginPath()
    pen.moveTo(Math.cos(angle) * inner, Math.sin(angle) * inner)
    pen.lineTo(Math.cos(angle) * radius, Math.sin(angle) * radius)
    pen.stroke()
  }
  // Two runways, crossing as runways do.
  pen.lineWidth = 2.5
  for (const angle of [-0.5, 0.9]) {
    const [x, y] = [Math.cos(angle) * radius * 0.07, Math.sin(angle) * radius * 0.07]
    pen.beginPath()
    pen.moveTo(-x, -y)
    pen.lineTo(x, y)
    pen.stroke()
  }
}

function drawSweep(pen: CanvasRenderingContext2D, radius: number, angle: number, look: ScopeLook): void {
  const gradient = pen.createConicGradient(angle, 0, 0)
  gradient.addColorStop(0, 'transparent')
  gradient.addColorStop(0.78, 'transparent')
  gradient.addColorStop(1, look.sweep)
  pen.fillStyle = gradient
  circle(pen, 0, 0, radius * 0.995)
  pen.fill()
}

function drawBlip(
  pen: CanvasRenderingContext2D,
  radius: number,
  blip: Blip,
  x: number,
  y: number,
  look: ScopeLook,
) {
  const colour = look[blip.state]
  pen.fillStyle = colour
  blip.trail.forEach(([trailX, trailY], index) => {
    pen.globalAlpha = (0.4 * index) / blip.trail.length
    circle(pen, trailX * radius, trailY * radius, 1.3)
    pen.fill()
  })
  pen.globalAlpha = 1
  const [fromX, fromY] = blip.trail.at(-4) ?? [x * 1.1, y * 1.1]
  pen.save()
  pen.translate(x * radius, y * radius)
  if (blip.state === 'circling') {
    pen.strokeStyle = colour
    pen.lineWidth = 1.5
    pen.setLineDash([3, 3])
    circle(pen, 0, 0, 11)
    pen.stroke()
    pen.setLineDash([])
  }
  pen.rotate(Math.atan2(blip.y - fromY, blip.x - fromX))
  pen.beginPath()
  pen.moveTo(7, 0)
  pen.lineTo(-5, 4.5)
  pen.lineTo(-2.5, 0)
  pen.lineTo(-5, -4.5)
  pen.fill()
  pen.restore()
}

/** Flight numbers, each moved down until it is clear of those already written. */
function drawLabels(
  pen: CanvasRenderingContext2D,
  radius: number,
  sky: Sky,
  glide: Glide,
  look: ScopeLook,
): void {
  const written: { x: number; y: number }[] = []
  pen.textBaseline = 'middle'
  pen.font = look.font
  for (const [flight, at] of [...glide].sort(([, a], [, b]) => a.y - b.y)) {
    const state = sky.blips.get(flight)?.state
    if (state === undefined) continue
    const right = at.x < 0.5
    const x = at.x * radius + (right ? 14 : -14)
    const start = right ? x : x - labelWidth
    let y = at.y * radius
    for (const other of written)
      if (Math.abs(other.x - start) < labelWidth && Math.abs(other.y - y) < 12) y = other.y + 12
    written.push({ x: start, y })
    pen.textAlign = right ? 'left' : 'right'
    pen.fillStyle = look[state]
    pen.fillText(flight, x, y)
  }
}

/** Draws one frame into a square of `size` CSS pixels. A still scope has no sweep and does not glide. */
export function drawScope(
  pen: CanvasRenderingContext2D,
  sky: Sky,
  glide: Glide,
  frame: {
    readonly size: number
    readonly timeMs: number
    readonly still: boolean
    readonly look: ScopeLook
  },
): void {
  const { size, timeMs, still, look } = frame
  // Without room, as while the page is laid out, there is nothing to draw.
  const radius = Math.max(0, size / 2 - 2)
  pen.save()
  pen.clearRect(0, 0, size, size)
  pen.translate(size / 2, size / 2)
  drawGlass(pen, radius, look)
  if (!still) drawSweep(pen, radius, ((timeMs % turnMs) / turnMs) * full, look)
  for (const flight of glide.keys()) if (!sky.blips.has(flight)) glide.delete(flight)
  for (const [flight, blip] of sky.blips) {
    const at = glide.get(flight) ?? { x: blip.x, y: blip.y }
    const share = still ? 1 : 0.18
    at.x += (blip.x - at.x) * share
    at.y += (blip.y - at.y) * share
    glide.set(flight, at)
    drawBlip(pen, radius, blip, at.x, at.y, look)
  }
  drawLabels(pen, radius, sky, glide, look)
  pen.restore()
}
