/** What may be true of something that a journal keeps: the states it went through since the last one known to be on disk. */

interface Step<S> {
  /** Number of the telling that led here. */
  readonly seq: number
  /** One of these is true; more than one only after a crash. */
  states: readonly S[]
}

export class Trail<S> {
  private steps: Step<S>[]

  constructor(states: readonly S[]) {
    this.steps = [{ seq: Number.NEGATIVE_INFINITY, states }]
  }

  /** What is true now, as far as the process that runs is concerned. */
  get states(): readonly S[] {
    return this.last.states
  }

  /** Something was told that led to these states. */
  push(seq: number, states: readonly S[]): void {
    this.steps.push({ seq, states })
  }

  /** It was seen that only these can be true; gives false when none can. */
  keep(fits: (state: S) => boolean): boolean {
    const fitting = this.last.states.filter(fits)
    if (fitting.length === 0) return false
    this.last.states = fitting
    return true
  }

  /** Everything up to this telling is on disk. */
  confirm(seq: number): void {
    let from = 0
    while ((this.steps[from + 1]?.seq ?? Number.POSITIVE_INFINITY) <= seq) from++
    this.steps = this.steps.slice(from)
  }

  /** The process ended: what was told up to `seq` is there, and of what came later any part. */
  crash(seq: number, after: (state: S) => S): void {
    this.confirm(seq)
    const states = new Map<string, S>()
    for (const step of this.steps)
      for (const state of step.states) {
        const now = after(state)
        states.set(JSON.stringify(now), now)
      }
    this.steps = [{ seq: Number.NEGATIVE_INFINITY, states: [...states.values()] }]
  }

  private get last(): Step<S> {
    return this.steps[this.steps.length - 1] as Step<S>
  }
}
