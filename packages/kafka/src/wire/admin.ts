/** Topics and groups as resources: looked up, made, and trimmed. */

import type { Provisioner, Resource, Settings } from '@busbar/adapter'
import {
  createTopicsV7,
  deleteRecordsV2,
  describeConfigsV4,
  incrementalAlterConfigsV1,
  metadataV12,
} from '@platformatic/kafka'
import type { Host } from 'busbar/transport'
import { patiently } from './backoff.js'
import type { Cluster } from './cluster.js'
import { codeOf, codes } from './failure.js'

type ConfigResourceType = Parameters<typeof describeConfigsV4.createRequest>[0][number]['resourceType']

const topicType: ConfigResourceType = 2
// The library's list ends before groups, which are resource type 32 since Kafka 3.7.
const groupType = 32 as ConfigResourceType
const dynamicGroupConfig = 8
const byBroker = -1
const timeoutMs = 15_000
/** How long the brokers may take to agree on a topic that was just made. */
const settleMs = 10_000
const counts = new Set(['partitions', 'replicas'])

export function createProvisioner(host: Host, cluster: Cluster): Provisioner {
  async function configs(type: ConfigResourceType, name: string) {
    const answer = await describeConfigsV4.api.async(
      await cluster.control(),
      [{ resourceType: type, resourceName: name, configurationKeys: null }],
      false,
      false,
    )
    return answer.results[0]?.configs ?? []
  }

  async function findTopic({ name }: Resource): Promise<Settings | undefined> {
    let partitions: readonly { readonly replicaNodes: readonly number[] }[]
    try {
      const { topics } = await metadataV12.api.async(await cluster.control(), [name], false, false)
      partitions = topics[0]?.partitions ?? []
    } catch (error) {
      if (codeOf(error) === codes.unknownTopic) return undefined
      throw error
    }
    const settings: Record<string, string | number> = {
      partitions: partitions.length,
      replicas: partitions[0]?.replicaNodes.length ?? 0,
    }
    for (const { name: key, value } of await configs(topicType, name)) settings[key] = value ?? ''
    return settings
  }

  /** A group exists for us when somebody has said how it is to be. */
  async function findGroup({ name }: Resource): Promise<Settings | undefined> {
    const found = await configs(groupType, name)
    if (!found.some(({ configSource }) => Number(configSource) === dynamicGroupConfig)) return undefined
    return Object.fromEntries(found.map(({ name: key, value }) => [key, value ?? '']))
  }

  async function createTopic({ name, settings }: Resource): Promise<void> {
    const topic = {
      name,
      numPartitions: Number(settings.partitions ?? byBroker),
      replicationFactor: Number(settings.replicas ?? byBroker),
      assignments: [],
      configs: Object.entries(settings)
        .filter(([key]) => !counts.has(key))
        .map(([key, value]) => ({ name: key, value: String(value) })),
    }
    try {
      await createTopicsV7.api.async(await cluster.control(), [topic], timeoutMs, false)
    } catch (error) {
      if (codeOf(error) !== codes.topicExists) throw error
    }
    await patiently(host, cluster.signal, settleMs, async () => {
      cluster.forget(name)
      await cluster.topic(name)
    })
  }

  async function createGroup({ name, settings }: Resource): Promise<void> {
    const set = 0
    await incrementalAlterConfigsV1.api.async(
      await cluster.control(),
      [
        {
          resourceType: groupType,
          resourceName: name,
          configs: Object.entries(settings).map(([key, value]) => ({
            name: key,
            configOperation: set,
            value: String(value),
          })),
        },
      ],
      false,
    )
  }

  return {
    transport: 'Kafka',
    find: (resource) => (resource.type === 'topic' ? findTopic(resource) : findGroup(resource)),
    create: (resource) => (resource.type === 'topic' ? createTopic(resource) : createGroup(resource)),
  }
}

/** Removes the records of a partition before `offset`. */
export async function trim(
  cluster: Cluster,
  topic: string,
  partition: number,
  offset: number,
): Promise<void> {
  const { leaders } = await cluster.topic(topic)
  const connection = await cluster.node(leaders[partition] ?? -1)
  const places = [{ name: topic, partitions: [{ partitionIndex: partition, offset: BigInt(offset) }] }]
  await deleteRecordsV2.api.async(connection, places, timeoutMs)
}
