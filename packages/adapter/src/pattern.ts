/** Whether an address matches a pattern, for adapters whose broker matches less finely. */

/** The pattern taken apart once: `*` is one token, `**` at the end one or more. */
export function matcher(pattern: string): (address: string) => boolean {
  const tokens = pattern.split('.')
  const isOpen = tokens.at(-1) === '**'
  if (!tokens.includes('*') && !isOpen) return (address) => address === pattern
  const fixed = isOpen ? tokens.slice(0, -1) : tokens
  return (address) => {
    const given = address.split('.')
    if (isOpen ? given.length <= fixed.length : given.length !== fixed.length) return false
    return fixed.every((token, at) => token === '*' || token === given[at])
  }
}
