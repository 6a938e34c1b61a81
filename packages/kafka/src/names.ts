/** What things are called at Kafka. A bus has no empty tokens, so `..` never meets a name of its own. */

import { createHash } from 'node:crypto'
import { BusError } from 'busbar/transport'

const legal = /^[A-Za-z0-9._-]+$/
const longest = 249

/** Names that Kafka does not allow get their odd characters replaced and a hash, so that two never meet. */
function safe(name: string): string {
  if (legal.test(name)) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.replace(/[^A-Za-z0-9._-]/g, '_')}_${hash}`
}

function checked(topic: string): string {
  if (topic.length > longest) {
    throw new BusError(
      'INVALID_TOPIC',
      `Kafka takes topic names of at most ${longest} characters: ${topic}.`,
      {
        outcome: 'rejected',
      },
    )
  }
  return topic
}

export interface Names {
  /** Messages as they were published. */
  topic(channel: string): string
  /** Dead letters. */
  dead(channel: string): string
  /** What a group is to get once more; a queue's own topic. */
  again(channel: string, group: string | undefined): string
  /** What waits for its time before it goes to `again`. */
  later(channel: string, group: string | undefined): string
  /** The share group, or for ordered topics and streams the consumer group. */
  group(channel: string, group: string | undefined): string
  /** The share group of those who move what is due. */
  movers(channel: string, group: string | undefined): string
  /** Where channels are written down. */
  readonly registry: string
}

/** `prefix` comes before every name, for instance `staging.`. */
export function namesWith(prefix: string): Names {
  const topic = (channel: string): string => checked(prefix + safe(channel))
  const ofGroup = (channel: string, group: string | undefined): string =>
    group === undefined ? topic(channel) : `${topic(channel)}..${safe(group)}`
  const group = (channel: string, name: string | undefined): string => `${topic(channel)}:${name ?? 'queue'}`
  return {
    topic,
    dead: (channel) => checked(`${topic(channel)}..dead`),
    again: (channel, name) =>
      checked(name === undefined ? topic(channel) : `${ofGroup(channel, name)}..again`),
    later: (channel, name) => checked(`${ofGroup(channel, name)}..later`),
    group,
    movers: (channel, name) => `${group(channel, name)}:later`,
    registry: `${prefix}busbar..channels`,
  }
}
