/** Finds the values whose pattern fits an address: `*` stands for one token, a last `**` for one or more. */

interface Node<T> {
  readonly children: Map<string, Node<T>>
  /** Values of patterns that end here. */
  readonly here: Set<T>
  /** Values of patterns that end here with `**`. */
  readonly rest: Set<T>
}

/** A tree of patterns with a bounded cache of routes; the cost of a match does not depend on patterns elsewhere. */
export interface TopicTree<T> {
  add(pattern: string, value: T): void
  /** Removes what `add` was called with. */
  remove(pattern: string, value: T): void
  /** Each value once, in no promised order. The same array until the patterns change; not to be changed. */
  match(address: string): readonly T[]
}

const node = <T>(): Node<T> => ({ children: new Map(), here: new Set(), rest: new Set() })

/** Makes an empty tree that remembers the routes of at most `cachedRoutes` addresses. */
export function createTopicTree<T>(cachedRoutes: number): TopicTree<T> {
  const root = node<T>()
  const routes = new Map<string, readonly T[]>()
  // Most publishes repeat the address of the one before, and comparing costs far less than looking up.
  let lastAddress: string | undefined
  let lastFound: readonly T[] = []

  const forget = (): void => {
    routes.clear()
    lastAddress = undefined
    lastFound = []
  }

  return {
    add(pattern, value) {
      forget()
      const tokens = pattern.split('.')
      const rest = tokens.at(-1) === '**'
      if (rest) tokens.pop()
      let at = root
      for (const token of tokens) {
        const child: Node<T> = at.children.get(token) ?? node()
        at.children.set(token, child)
        at = child
      }
      if (rest) at.rest.add(value)
      else at.here.add(value)
    },
    remove(pattern, value) {
      forget()
      const tokens = pattern.split('.')
      const rest = tokens.at(-1) === '**'
      if (rest) tokens.pop()
      const path = [root]
      for (const token of tokens) {
        const child = path.at(-1)?.children.get(token)
        if (child === undefined) return
        path.push(child)
      }
      const end = path.at(-1) ?? root
      if (rest) end.rest.delete(value)
      else end.here.delete(value)
      for (let depth = tokens.length; depth > 0 && isEmpty(path[depth]); depth--)
        path[depth - 1]?.children.delete(tokens[depth - 1] ?? '')
    },
    match(address) {
      if (address === lastAddress) return lastFound
      lastFound = routes.get(address) ?? find(address)
      lastAddress = address
      return lastFound
    },
  }

  function find(address: string): readonly T[] {
    // Dropping all at once costs less than keeping an order of use on every publish.
    if (routes.size >= cachedRoutes) routes.clear()
    const found = Object.freeze([...collect(root, address.split('.'))])
    routes.set(address, found)
    return found
  }
}

function isEmpty<T>(at: Node<T> | undefined): boolean {
  return at !== undefined && at.children.size === 0 && at.here.size === 0 && at.rest.size === 0
}

/** Walks level by level, so that neither depth nor width is bounded by the stack. */
function collect<T>(root: Node<T>, tokens: readonly string[]): Set<T> {
  const found = new Set<T>()
  let level: Node<T>[] = [root]
  for (const token of tokens) {
    const below: Node<T>[] = []
    for (const at of level) {
      for (const value of at.rest) found.add(value)
      const exact = at.children.get(token)
      if (exact !== undefined) below.push(exact)
      const any = token === '*' ? undefined : at.children.get('*')
      if (any !== undefined) below.push(any)
    }
    if (below.length === 0) return found
    level = below
  }
  for (const at of level) for (const value of at.here) found.add(value)
  return found
}

/** Whether a pattern takes every address of a channel. */
export function takesAll(name: string, params: readonly string[], pattern: string): boolean {
  return (
    pattern === [name, ...params.map(() => '*')].join('.') || (params.length > 0 && pattern === `${name}.**`)
  )
}
