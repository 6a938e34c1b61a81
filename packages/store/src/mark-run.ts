/** Marks in runs: one or two bytes for each, as they usually come in the order of their offsets. */

import type { JournalReader, Mark } from 'busbar/transport'

const markCode: Readonly<Record<Mark, number>> = {
  leased: 0,
  done: 1,
  dropped: 2,
  expired: 3,
  purged: 4,
  returned: 5,
}
const marks = Object.keys(markCode) as readonly Mark[]
/** Instead of a mark: the group of those that follow. */
const groupCode = 7
/** Two numbers of up to 2^53 in seven bits a byte. */
export const longestEntry = 16

/** Writes entries; what they are relative to starts anew with each run. */
export class MarkRunWriter {
  private group = 0
  private readonly last = new Float64Array(marks.length)

  begin(): void {
    this.group = 0
    this.last.fill(0)
  }

  /** Writes one mark at `at`, and gives where it ends. */
  put(target: Uint8Array, at: number, mark: Mark, group: number, offset: number): number {
    const code = markCode[mark]
    let end = at
    if (group !== this.group) {
      this.group = group
      end = putNumber(target, end, group * 8 + groupCode)
    }
    const delta = offset - (this.last[code] as number)
    this.last[code] = offset
    return putNumber(target, end, (delta < 0 ? -2 * delta - 1 : 2 * delta) * 8 + code)
  }
}

function putNumber(target: Uint8Array, at: number, value: number): number {
  let rest = value
  let end = at
  while (rest >= 0x80) {
    target[end++] = 0x80 | (rest % 0x80)
    rest = Math.floor(rest / 0x80)
  }
  target[end++] = rest
  return end
}

/** Says the marks of a run in `data[at..end)`; false when it is malformed. */
export function readMarks(data: Uint8Array, at: number, end: number, reader: JournalReader): boolean {
  const last = new Float64Array(marks.length)
  let group = 0
  let position = at
  while (position < end) {
    let value = 0
    let scale = 1
    let byte = 0x80
    while (byte >= 0x80) {
      if (position === end) return false
      byte = data[position++] as number
      value += (byte % 0x80) * scale
      scale *= 0x80
    }
    const code = value % 8
    const number = Math.floor(value / 8)
    const mark = marks[code]
    if (code === groupCode) group = number
    else if (mark === undefined) return false
    else {
      last[code] = (last[code] as number) + (number % 2 === 0 ? number / 2 : -(number + 1) / 2)
      reader.mark(mark, group, last[code] as number)
    }
  }
  return true
}
