/** Looks at streams and consumers of the server and makes them. */

import type { Provisioner, Resource, Settings } from '@busbar/adapter'
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  type JetStreamManager,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { apiError, isMissing } from './errors.js'

const nanos = 1_000_000

/** Where a new group begins; of no meaning for one that exists. */
export type Begin = Partial<Pick<ConsumerConfig, 'deliver_policy' | 'opt_start_seq' | 'opt_start_time'>>

export function createProvisioner(jsm: JetStreamManager, begin: Begin = {}): Provisioner {
  return {
    transport: 'NATS',
    find: (resource) =>
      describe(
        resource,
        resource.type === 'stream' ? findStream(jsm, resource) : findConsumer(jsm, resource),
      ),
    create: (resource) =>
      describe(
        resource,
        resource.type === 'stream' ? addStream(jsm, resource) : addConsumer(jsm, resource, begin),
      ),
  }
}

function describe<T>({ type, name }: Resource, doing: Promise<T>): Promise<T> {
  return doing.catch((error: unknown) => {
    throw apiError(`The ${type} ${name}`, error, 'rejected')
  })
}

/** The settings of a stream, undefined when there is none; also where there is no JetStream. */
export async function findStream(
  jsm: JetStreamManager,
  { name }: { readonly name: string },
): Promise<Settings | undefined> {
  try {
    const { config } = await jsm.streams.info(name)
    return settingsOf(config)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function settingsOf(config: StreamConfig): Settings {
  return {
    subjects: config.subjects.join(' '),
    description: config.description ?? '',
    retention: config.retention,
    storage: config.storage,
    replicas: config.num_replicas,
    duplicateWindowMs: config.duplicate_window / nanos,
    maxAgeMs: config.max_age / nanos,
    maxMessages: config.max_msgs,
    maxBytes: config.max_bytes,
  }
}

async function addStream(jsm: JetStreamManager, { name, settings }: Resource): Promise<void> {
  const number = (key: string): number | undefined => {
    const value = settings[key]
    return typeof value === 'number' ? value : undefined
  }
  const ageMs = number('maxAgeMs')
  const retentions = { workqueue: RetentionPolicy.Workqueue, interest: RetentionPolicy.Interest }
  await jsm.streams.add({
    name,
    subjects: String(settings.subjects).split(' '),
    description: String(settings.description),
    retention:
      settings.retention === 'workqueue' || settings.retention === 'interest'
        ? retentions[settings.retention]
        : RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: number('replicas') ?? 1,
    duplicate_window: (number('duplicateWindowMs') ?? 0) * nanos,
    ...(ageMs !== undefined && { max_age: ageMs * nanos }),
    ...optional('max_msgs', number('maxMessages')),
    ...optional('max_bytes', number('maxBytes')),
  })
}

function optional<K extends string>(key: K, value: number | undefined): { [P in K]?: number } {
  const found: { [P in K]?: number } = {}
  if (value !== undefined) found[key] = value
  return found
}

/** A consumer is named by its stream and itself. */
function placeOf({ name }: Resource): readonly [stream: string, consumer: string] {
  const at = name.indexOf('/')
  return [name.slice(0, at), name.slice(at + 1)]
}

async function findConsumer(jsm: JetStreamManager, resource: Resource): Promise<Settings | undefined> {
  const [stream, name] = placeOf(resource)
  try {
    const { config } = await jsm.consumers.info(stream, name)
    return {
      ackPolicy: config.ack_policy,
      ackWaitMs: (config.ack_wait ?? 0) / nanos,
      maxDeliver: config.max_deliver ?? -1,
      maxAckPending: config.max_ack_pending ?? -1,
      ...(config.filter_subject !== undefined && { filter: config.filter_subject }),
    }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function addConsumer(jsm: JetStreamManager, resource: Resource, begin: Begin): Promise<void> {
  const [stream, name] = placeOf(resource)
  const { ackWaitMs, maxAckPending, filter } = resource.settings
  try {
    await jsm.consumers.add(stream, {
      durable_name: name,
      ack_policy: AckPolicy.Explicit,
      ack_wait: Number(ackWaitMs) * nanos,
      max_deliver: -1,
      max_ack_pending: Number(maxAckPending),
      deliver_policy: DeliverPolicy.All,
      replay_policy: ReplayPolicy.Instant,
      ...(typeof filter === 'string' && { filter_subject: filter }),
      // Only groups begin somewhere; a queue has one way to be read.
      ...(filter === undefined && begin),
    })
  } catch (error) {
    // Another member was quicker, perhaps from another place to begin at: the group is there.
    if ((await findConsumer(jsm, resource)) === undefined) throw error
  }
}
