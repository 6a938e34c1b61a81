/** The copies of a publish that were seen lately, so that one that was sent again after a break is not handled twice. */

const capacity = 8_192

export class Recent {
  private readonly order: string[] = []
  private readonly known = new Set<string>()
  private next = 0

  /** False when it was added before and not forgotten since. */
  add(token: string): boolean {
    if (this.known.has(token)) return false
    const oldest = this.order[this.next]
    if (oldest !== undefined) this.known.delete(oldest)
    this.order[this.next] = token
    this.known.add(token)
    this.next = (this.next + 1) % capacity
    return true
  }
}
