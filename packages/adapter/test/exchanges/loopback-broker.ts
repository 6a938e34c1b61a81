/** A broker in this process with nothing but lanes, whose faults are chosen by the test. */

import { type AcceptRequest, BusError, type Channel, type MaybePromise, matcher } from 'busbar/transport'
import type { Frame, Lanes, OnOpening, Serving } from '../../src/index.js'

/** What becomes of a frame on its way to an inbox. */
export type Fate = 'lost' | 'twice' | 'delayed' | undefined

interface Server {
  readonly link: LoopbackLink
  readonly request: AcceptRequest
  readonly onOpening: OnOpening
  readonly matches: (address: string) => boolean
}

const disconnected = (): BusError => new BusError('DISCONNECTED', 'The link is cut.', { outcome: 'unknown' })

export class LoopbackBroker {
  /** Decides about each frame to an inbox; default: all arrive. */
  fateOf: (frame: Frame, inbox: string) => Fate = () => undefined
  /** Alters openings on their way. */
  onOpening: (frame: Frame) => Frame = (frame) => frame
  losesOpenings = false
  /** Whether openings are handed out twice. */
  repeatsOpenings = false
  /** Whether an opening goes to everybody who serves. */
  handsToAll = false
  readonly inboxes = new Map<string, LoopbackLink>()
  /** Openings that an acceptor has not begun. */
  pulling = 0
  private readonly servers: Server[] = []
  private readonly delayed: (() => void)[] = []
  private links = 0
  private turn = 0

  link(): LoopbackLink {
    this.links += 1
    const link = new LoopbackLink(this, `inbox-${this.links}`)
    this.inboxes.set(link.inbox, link)
    return link
  }

  post(inbox: string, frame: Frame): void {
    const fate = this.fateOf(frame, inbox)
    if (fate === 'lost') return
    const go = (): void => this.inboxes.get(inbox)?.take(frame)
    if (fate === 'delayed') {
      this.delayed.push(go)
      return
    }
    queueMicrotask(go)
    if (fate === 'twice') queueMicrotask(go)
    for (const late of this.delayed.splice(0)) queueMicrotask(late)
  }

  async offer(channel: Channel, address: string, frame: Frame): Promise<'offered' | 'nobody'> {
    const able = this.servers.filter(
      ({ request, matches }) => request.channel.name === channel.name && matches(address),
    )
    this.turn += 1
    const next = able[this.turn % Math.max(1, able.length)]
    if (next === undefined) return 'nobody'
    if (this.losesOpenings) return 'offered'
    for (const { link, onOpening } of this.handsToAll ? able : [next]) {
      const hand = (): void => {
        if (link.isDead) return
        this.pulling += 1
        void Promise.resolve(onOpening(this.onOpening(frame), address)).then(() => {
          this.pulling -= 1
        })
      }
      queueMicrotask(hand)
      if (this.repeatsOpenings) queueMicrotask(hand)
    }
    return 'offered'
  }

  serve(link: LoopbackLink, request: AcceptRequest, onOpening: OnOpening): Serving {
    const { channel, pattern } = request
    const isTaken = this.servers.some(
      ({ request: other, matches }) =>
        other.channel.name === channel.name && (matches(pattern) || matcher(pattern)(other.pattern)),
    )
    if (channel.kind === 'pair' && isTaken) throw new BusError('PAIR_TAKEN', `${pattern} is served.`)
    const server = { link, request, onOpening, matches: matcher(pattern) }
    this.servers.push(server)
    return {
      stop: async () => {
        const at = this.servers.indexOf(server)
        if (at >= 0) this.servers.splice(at, 1)
      },
    }
  }
}

export class LoopbackLink implements Lanes {
  isDead = false
  isCut = false
  onFrame: (frame: Frame) => void = () => undefined
  /** What was sent to others, for tests that count. */
  readonly sent: Frame[] = []

  constructor(
    private readonly broker: LoopbackBroker,
    readonly inbox: string,
  ) {}

  send(inbox: string, frame: Frame): MaybePromise<void | 'nobody'> {
    if (this.isCut) return Promise.reject(disconnected())
    if (this.isDead) return undefined
    this.sent.push(frame)
    this.broker.post(inbox, frame)
    return undefined
  }

  async offer(channel: Channel, address: string, frame: Frame): Promise<'offered' | 'nobody'> {
    if (this.isCut) throw disconnected()
    return this.broker.offer(channel, address, frame)
  }

  async serve(request: AcceptRequest, onOpening: OnOpening): Promise<Serving> {
    return this.broker.serve(this, request, onOpening)
  }

  take(frame: Frame): void {
    if (!this.isDead && !this.isCut) this.onFrame(frame)
  }

  /** Gone without a word: what it has said arrives, nothing is said or heard any more. */
  kill(): void {
    this.isDead = true
    this.broker.inboxes.delete(this.inbox)
  }
}
