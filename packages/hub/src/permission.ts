/** The one decision about who may do what; every path of the hub asks here. */

/** What a principal wants to do with an address or pattern. */
export type Action = 'declare' | 'publish' | 'consume' | 'open' | 'accept' | 'inspect' | 'manage'

/** True when allowed. Addresses in the reserved `$` namespace are for nobody; `address` may be a pattern. */
export function can(principal: string, _action: Action, address: string): boolean {
  if (principal === '') return false
  // A wildcard in front would reach into the reserved namespace as well.
  return !address.startsWith('$') && !address.startsWith('*')
}
