/** Random histories of a queue that keeps its promises: a model of what a hub may do at its worst. */

import { Story } from './story.js'

/** One step; `pick` chooses among what is there. */
export interface Step {
  readonly do:
    | 'publish'
    | 'lose-receipt'
    | 'refuse'
    | 'deliver'
    | 'done'
    | 'retry'
    | 'reject'
    | 'confirm'
    | 'kill'
    | 'cut'
    | 'redrive'
  readonly pick: number
}

interface Message {
  readonly value: string
  readonly key: string
  readonly mustAppear: boolean
  state: 'ready' | 'open' | 'done' | 'dead'
  failed: number
  isSafe: boolean
  n: number
  consumer: string
}

const attempts = 3

export class ValidQueue {
  readonly story: Story
  private readonly messages: Message[] = []
  private counter = 0

  constructor(private readonly ordered: boolean) {
    this.story = new Story({ ordered, attempts, dedupeMs: 1_000_000 })
    for (const consumer of ['c0', 'c1']) this.story.subscribe(consumer, 4)
  }

  step(step: Step): void {
    const { pick } = step
    const open = this.messages.filter(({ state }) => state === 'open')
    const held = open[pick % Math.max(1, open.length)]
    if (step.do === 'publish' || step.do === 'lose-receipt' || step.do === 'refuse') this.publish(step)
    else if (step.do === 'deliver') this.deliver(pick)
    else if (step.do === 'confirm') this.confirm(`c${pick % 2}`)
    else if (step.do === 'kill') this.kill(pick)
    else if (step.do === 'cut') this.cut(`c${pick % 2}`, pick)
    else if (step.do === 'redrive') this.redrive()
    else if (held !== undefined) this.settle(held, step.do)
  }

  /** Lets everything come to its end; the story is then complete. */
  finish(): Story {
    for (let next = this.deliverable()[0]; next !== undefined; next = this.deliverable()[0]) {
      this.hand(next)
      this.settle(next, 'done')
    }
    for (const held of this.messages.filter(({ state }) => state === 'open')) this.settle(held, 'done')
    if (this.deliverable().length > 0) return this.finish()
    const dead = this.messages.filter(({ state }) => state === 'dead')
    for (const { value } of dead) this.story.dead(value)
    const received = this.messages.length
    return this.story.counts({ received, done: received - dead.length, dead: dead.length }).drained()
  }

  /** Values that somebody was promised, and that were handled. */
  get promised(): readonly string[] {
    return this.messages.filter(({ mustAppear }) => mustAppear).map(({ value }) => value)
  }

  private publish({ do: how, pick }: Step): void {
    const value = `p${pick % 3}-${this.counter++}`
    const key = `k${pick % 2}`
    this.story.invoke(value, { key })
    if (how === 'refuse') {
      this.story.failed(value, 'fail')
      return
    }
    const isStored = how === 'publish' || pick % 2 === 0
    const mustAppear = how === 'publish' || pick % 4 === 0
    if (how === 'lose-receipt') {
      this.story.failed(value, 'unknown')
      // Sent again, with the same id: the first copy is all there is.
      if (mustAppear) this.story.invoke(value, { key }).receipt(value, { duplicate: true })
    } else this.story.receipt(value)
    if (!isStored) return
    this.messages.push({
      value,
      key,
      mustAppear,
      state: 'ready',
      failed: 0,
      isSafe: false,
      n: 0,
      consumer: '',
    })
  }

  private deliverable(): Message[] {
    const busy = new Set<string>()
    return this.messages.filter(({ state, key }) => {
      const isFree = !this.ordered || !busy.has(key)
      if (state === 'ready' || state === 'open') busy.add(key)
      return state === 'ready' && isFree
    })
  }

  private deliver(pick: number): void {
    const free = this.deliverable()
    const next = free[pick % Math.max(1, free.length)]
    if (next !== undefined) this.hand(next, `c${pick % 2}`)
  }

  private hand(message: Message, consumer = 'c0'): void {
    message.state = 'open'
    message.consumer = consumer
    message.n = this.story.deliver(consumer, message.value, { attempt: message.failed + 1 })
  }

  private settle(message: Message, outcome: 'done' | 'retry' | 'reject'): void {
    this.story.settle(message.consumer, message.n, outcome)
    message.isSafe = false
    if (outcome === 'done') message.state = 'done'
    else if (outcome === 'retry') this.fail(message)
    else message.state = 'dead'
  }

  private fail(message: Message): void {
    message.failed += 1
    message.state = message.failed >= attempts ? 'dead' : 'ready'
  }

  private confirm(consumer: string): void {
    this.story.confirm(consumer)
    for (const message of this.messages) if (message.consumer === consumer) message.isSafe = true
  }

  /** The end of a message that nobody confirmed may be forgotten; whoever held one may go on, in vain. */
  private kill(pick: number): void {
    this.story.add('nemesis', { op: 'fault', type: 'begin', fault: 'kill' })
    this.messages.forEach((message, index) => {
      const isForgotten = !message.isSafe && (message.state === 'done' || message.state === 'dead')
      if (isForgotten && (index + pick) % 2 === 0) message.state = 'ready'
      if (message.state !== 'open') return
      this.story.add(message.consumer, { op: 'lost', n: message.n })
      this.story.settle(message.consumer, message.n, 'done')
      message.state = 'ready'
    })
    for (const consumer of ['c0', 'c1']) this.story.add(consumer, { op: 'link', state: 'reconnecting' })
    this.story.add('nemesis', { op: 'fault', type: 'end', fault: 'kill' })
  }

  /** The hub may or may not have heard the last words; whoever held a message has failed. */
  private cut(consumer: string, pick: number): void {
    this.story.add('nemesis', { op: 'fault', type: 'begin', fault: 'cut' })
    this.messages.forEach((message, index) => {
      if (message.consumer !== consumer) return
      const isUnheard = !message.isSafe && message.state === 'done' && (index + pick) % 3 === 0
      if (message.state !== 'open' && !isUnheard) return
      if (message.state === 'open') this.story.add(consumer, { op: 'lost', n: message.n })
      this.fail(message)
      // A hub writes down what it has given up before it hands out what comes next, so a kill does not undo that.
      message.isSafe = message.state === 'dead'
    })
    this.story.add(consumer, { op: 'link', state: 'reconnecting' })
    this.story.add('nemesis', { op: 'fault', type: 'end', fault: 'cut' })
  }

  private redrive(): void {
    this.story.add('h', { op: 'redrive', type: 'invoke', topic: 't' })
    for (const message of this.messages) {
      if (message.state !== 'dead') continue
      message.state = 'ready'
      message.failed = 0
    }
    this.story.add('h', { op: 'redrive', type: 'ok', topic: 't' })
  }
}
