/** Split flaps: letters that turn over a few times before they settle. */

import { useEffect, useRef } from 'preact/hooks'

interface FlapsProps {
  readonly text: string
  readonly width: number
}

const drum = ' ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const stepMs = 55
const mostSteps = 7

/** What a flap shows on its way: the letters before the last one on the drum, oldest first. */
export function turnsTo(from: string, to: string): readonly string[] {
  if (from === to) return []
  const end = drum.indexOf(to)
  if (end < 0) return [to]
  const start = Math.max(0, drum.indexOf(from))
  const distance = (end - start + drum.length) % drum.length
  const steps = Math.min(mostSteps, distance)
  return Array.from({ length: steps }, (_, i) =>
    drum.charAt((end - steps + 1 + i + drum.length) % drum.length),
  )
}

/** The flaps of one field. Screen readers get the text as it will be, at once. */
export function Flaps({ text, width }: FlapsProps) {
  const field = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    const cells = [...(field.current?.children ?? [])]
    const letters = text.toUpperCase().padEnd(width).slice(0, width)
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
    const plans = cells.map((cell, index) => {
      const to = letters.charAt(index)
      return calm ? [to] : turnsTo(cell.textContent ?? ' ', to)
    })
    const steps = Math.max(0, ...plans.map((plan) => plan.length))
    const turn = (step: number): void => {
      cells.forEach((cell, index) => {
        const plan = plans[index] ?? []
        // All settle together, the way a line of a board does.
        const letter = plan[step - (steps - plan.length)]
        if (letter === undefined) return
        cell.textContent = letter
        if (!calm) cell.animate([{ transform: 'rotateX(70deg)' }, { transform: 'none' }], stepMs)
      })
    }
    if (calm || steps === 0) return turn(0)
    let step = 0
    const timer = setInterval(() => {
      turn(step)
      step += 1
      if (step >= steps) clearInterval(timer)
    }, stepMs)
    return () => clearInterval(timer)
  }, [text, width])
  return (
    <>
      <span class="unseen">{text}</span>
      <span class="flaps" aria-hidden="true" ref={field}>
        {Array.from({ length: width }, (_, index) => (
          <i key={index}> </i>
        ))}
      </span>
    </>
  )
}
