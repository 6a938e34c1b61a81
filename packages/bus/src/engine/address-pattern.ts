/** Patterns of one channel: whether an address matches, and whether two patterns have an address in common. */

import type { Channel } from '../channel.js'

/** A pattern taken apart once. */
export interface Pattern {
  readonly text: string
  /** Undefined when it matches every address of its channel. */
  readonly tokens: readonly string[] | undefined
  /** It has no wildcard and so matches one address only. */
  readonly exact: boolean
}

const wild = (token: string): boolean => token === '*' || token === '**'

export function parsePattern(channel: Channel, text: string): Pattern {
  const tokens = text.split('.')
  const own = tokens.slice(channel.name.split('.').length)
  return {
    text,
    tokens: own.length > 0 && own.every(wild) ? undefined : tokens,
    exact: !tokens.some(wild),
  }
}

/** Whether an address of the pattern's own channel matches; allocates nothing. */
export function matches(pattern: Pattern, address: string): boolean {
  const { tokens } = pattern
  if (tokens === undefined) return true
  if (pattern.exact) return pattern.text === address
  let from = 0
  for (const token of tokens) {
    if (from > address.length) return false
    if (token === '**') return true
    const dot = address.indexOf('.', from)
    const to = dot < 0 ? address.length : dot
    if (token !== '*' && (to - from !== token.length || !address.startsWith(token, from))) return false
    from = to + 1
  }
  return from > address.length
}

/**
 * Whether addresses match a pattern that was taken apart once: `*` is one token, a last `**` one or more. For adapters
 * whose broker matches less finely.
 */
export function matcher(pattern: string): (address: string) => boolean {
  const tokens = pattern.split('.')
  const parsed: Pattern = { text: pattern, tokens, exact: !tokens.some(wild) }
  return (address) => matches(parsed, address)
}

/** Whether some address of their channel matches both. */
export function overlap(a: Pattern, b: Pattern): boolean {
  const [left, right] = [a.text.split('.'), b.text.split('.')]
  const length = Math.max(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const [one, two] = [left[at], right[at]]
    if (one === undefined || two === undefined) return false
    if (one === '**' || two === '**') return true
    if (one !== '*' && two !== '*' && one !== two) return false
  }
  return true
}
