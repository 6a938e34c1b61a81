/** What the checker found: how often each rule was broken, with examples, and figures of the run. */

/** What a history can be guilty of. */
export const rules = {
  lost: 'receipted, and neither handled nor dead nor in the stream',
  duplicated: 'one id became two messages where one was promised',
  unexpected: 'a message that nobody published',
  altered: 'another payload than was published',
  reordered: 'overtook an earlier message of the same producer where order was promised',
  resurrected: 'came again although its end was confirmed as safe',
  refused: 'appeared although its publish was refused',
  doubled: 'in the hands of two consumers of one group at once',
  unsafe: 'a receipt of a durable topic that says less than durable',
  gapped: 'a hole in a stream that no reader was told of',
  reused: 'one offset for two records',
  conservation: 'the counts do not add up, or not to what the harness saw',
  incomplete: 'the history does not say what it must for a verdict',
} as const

export type Rule = keyof typeof rules

/** Where in the order of the publishes a lost message stood: everything before it lost, everything after it, or neither. */
export type Part = 'prefix' | 'middle' | 'suffix'

/** One breach of a rule. */
export interface Finding {
  readonly rule: Rule
  readonly topic: string
  readonly text: string
  /** Of `lost`. */
  readonly part?: Part
}

/** Figures of the run. */
export interface Figures {
  events: number
  /** Publishes by id. */
  published: number
  acked: number
  rejected: number
  unknown: number
  /** Of the unknown: found in the end. */
  unknownAppeared: number
  /** Receipts that said `duplicate`. */
  duplicateReceipts: number
  delivered: number
  /** Deliveries of what its group had had before. */
  redelivered: number
  claimsLost: number
  dead: number
  kills: number
}

/** The verdict on a history. */
export interface Report {
  /** No rule was broken. */
  readonly ok: boolean
  /** How often each rule was broken; rules that were kept are left out. */
  readonly broken: Readonly<Partial<Record<Rule, number>>>
  /** The first of each rule and topic. */
  readonly findings: readonly Finding[]
  readonly figures: Readonly<Figures>
}

const maxExamples = 5

/** Collects breaches; memory does not grow with their number. */
export class Findings {
  readonly figures: Figures = {
    events: 0,
    published: 0,
    acked: 0,
    rejected: 0,
    unknown: 0,
    unknownAppeared: 0,
    duplicateReceipts: 0,
    delivered: 0,
    redelivered: 0,
    claimsLost: 0,
    dead: 0,
    kills: 0,
  }
  private readonly broken: Partial<Record<Rule, number>> = {}
  private readonly findings: Finding[] = []
  private readonly examples = new Map<string, number>()

  add(rule: Rule, topic: string, text: string, part?: Part): void {
    this.broken[rule] = (this.broken[rule] ?? 0) + 1
    const place = `${rule} ${topic} ${part ?? ''}`
    const known = this.examples.get(place) ?? 0
    if (known >= maxExamples) return
    this.examples.set(place, known + 1)
    this.findings.push({ rule, topic, text, ...(part !== undefined && { part }) })
  }

  report(): Report {
    const { broken, findings, figures } = this
    return { ok: findings.length === 0, broken, findings, figures }
  }
}

/** A report as text: the figures on one line, then a line for each finding. */
export function textOf({ ok, broken, findings, figures }: Report): string {
  const facts = Object.entries(figures).map(([name, count]) => `${name} ${count}`)
  const breaches = Object.entries(broken).map(([rule, count]) => `${rule} ${count}`)
  return [
    `${ok ? 'ok' : `broken: ${breaches.join(', ')}`}; ${facts.join(', ')}`,
    ...findings.map(
      ({ rule, topic, text, part }) => `${rule}${part === undefined ? '' : ` (${part})`} ${topic}: ${text}`,
    ),
  ].join('\n')
}
