/** Joins the calls of one turn, as users of clients do that send a list as cheaply as one. */

export function gather<T>(
  most: number,
  run: (items: readonly T[]) => Promise<unknown>,
): (item: T) => Promise<unknown> {
  let open: { readonly items: T[]; readonly done: Promise<unknown> } | undefined
  return (item) => {
    if (open === undefined || open.items.length === most) {
      const items: T[] = []
      const done = Promise.resolve().then(() => {
        if (open?.items === items) open = undefined
        return run(items)
      })
      open = { items, done }
    }
    open.items.push(item)
    return open.done
  }
}
