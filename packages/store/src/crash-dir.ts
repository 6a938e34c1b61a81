/** A directory of the simulated disk: the names that programs see, and those that survive a crash. */

import { CrashFile, type Survival } from './crash-file.js'

export type CrashNode = CrashFile | CrashDir

interface Change {
  readonly id: number
  readonly set: readonly (readonly [name: string, node: CrashNode])[]
  readonly remove: readonly string[]
}

export class CrashDir {
  private readonly seen = new Map<string, CrashNode>()
  private readonly kept = new Map<string, CrashNode>()
  private changes: Change[] = []
  private lastId = 0

  get names(): readonly string[] {
    return [...this.seen.keys()]
  }

  get(name: string): CrashNode | undefined {
    return this.seen.get(name)
  }

  add(name: string, node: CrashNode): void {
    this.change([[name, node]], [])
  }

  remove(name: string): void {
    this.change([], [name])
  }

  rename(from: string, to: string, node: CrashNode): void {
    this.change([[to, node]], [from])
  }

  beginSync(): () => void {
    const upTo = this.lastId
    return () => {
      const done = this.changes.filter(({ id }) => id <= upTo)
      this.changes = this.changes.filter(({ id }) => id > upTo)
      for (const change of done) apply(this.kept, change)
    }
  }

  /** What is found after a crash, with everything below; a rename happens as a whole or not at all. */
  crashed(survival: Survival, random: () => number): CrashDir {
    const names = new Map(this.kept)
    const whole = survival === 'prefix' ? Math.floor(random() * (this.changes.length + 1)) : 0
    for (const [index, change] of this.changes.entries())
      if (survival === 'all' || index < whole || (survival === 'subset' && random() < 0.5))
        apply(names, change)
    const after = new CrashDir()
    for (const [name, node] of names) {
      const found = node.crashed(survival, random)
      after.seen.set(name, found)
      after.kept.set(name, found)
    }
    return after
  }

  private change(set: Change['set'], remove: Change['remove']): void {
    const change = { id: ++this.lastId, set, remove }
    apply(this.seen, change)
    this.changes.push(change)
  }
}

function apply(names: Map<string, CrashNode>, { set, remove }: Change): void {
  for (const name of remove) names.delete(name)
  for (const [name, node] of set) names.set(name, node)
}

export function isFile(node: CrashNode | undefined): node is CrashFile {
  return node instanceof CrashFile
}
