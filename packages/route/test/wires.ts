/** Memory wires that lack something. */

import { memory } from 'busbar'
import type { Connect, Feature, LinkState } from 'busbar/transport'

/** A memory wire without some features, whose state can be told. */
export function lame(name: string, ...lacking: readonly Feature[]) {
  const connect = memory({ name })
  const tells: ((state: LinkState, reason?: string) => void)[] = []
  const wire: Connect = async (host) => {
    tells.push((state, reason) => host.onState(state, reason))
    const transport = await connect(host)
    const { features, limits } = transport.capabilities
    const none = Object.fromEntries(lacking.map((feature) => [feature, 'none' as const]))
    return { ...transport, capabilities: { features: { ...features, ...none }, limits } }
  }
  const tell = (state: LinkState, reason?: string): void => {
    for (const one of tells) one(state, reason)
  }
  return { wire, tell }
}
