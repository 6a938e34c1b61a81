/** Messages in the hands of one consumer, and the renewal of their leases. */

import type { Timer } from 'busbar/transport'
import type { Link } from './link.js'

interface Claim {
  readonly acquired: number
  readonly lose: () => void
}

export class Claims {
  private readonly held = new Map<string, Claim>()
  private timer: Timer | undefined

  constructor(
    private readonly link: Link,
    private readonly everyMs: number,
    /** Renews what is held; gives those that are lost. */
    private readonly renew: (claims: readonly string[]) => Promise<readonly string[]>,
  ) {}

  get size(): number {
    return this.held.size
  }

  add(id: string, acquired: number, lose: () => void): void {
    this.held.set(id, { acquired, lose })
    if (this.timer === undefined) this.arm()
  }

  delete(id: string): void {
    this.held.delete(id)
  }

  /** Ids and how often each was handed out, as the scripts want them. */
  list(): string[] {
    return [...this.held].flatMap(([id, { acquired }]) => [id, String(acquired)])
  }

  lose(ids: readonly string[]): void {
    for (const id of ids) {
      const claim = this.held.get(id)
      this.held.delete(id)
      claim?.lose()
    }
  }

  loseAll(): void {
    this.lose([...this.held.keys()])
  }

  /** Asks whether everything is still held, and renews it. */
  async check(): Promise<void> {
    if (this.held.size > 0) this.lose(await this.renew(this.list()))
  }

  stop(): void {
    this.timer?.cancel()
    this.timer = undefined
  }

  private arm(): void {
    this.timer = this.link.host.clock.after(this.everyMs, () => {
      this.timer = undefined
      if (this.held.size === 0) return
      this.arm()
      // What fails is tried again at the next turn; when the lease is over, that is told then.
      this.check().catch(() => undefined)
    })
  }
}
