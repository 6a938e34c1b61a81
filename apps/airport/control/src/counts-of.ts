/** The counts of a topic, where its wire keeps any. */

import { type Bus, type ChannelState, isBusError } from 'busbar'

/** Undefined where the topic is on a broker that does not count. */
export async function countsOf(
  bus: Bus,
  topic: Parameters<Bus['inspect']>[0],
): Promise<ChannelState | undefined> {
  try {
    return await bus.inspect(topic)
  } catch (error) {
    if (isBusError(error, 'UNSUPPORTED')) return undefined
    throw error
  }
}
