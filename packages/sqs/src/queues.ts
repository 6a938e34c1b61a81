/** The requests of SQS that this package makes, with queues by name. */

import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  type MessageSystemAttributeName,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type Message as SqsMessage,
  TagQueueCommand,
} from '@aws-sdk/client-sqs'
import { BusError, isBusError } from 'busbar/transport'
import type { Link } from './link.js'
import { nameInUrl } from './names.js'

/** A message to send, without the id that only its batch needs. */
export type Entry = Omit<SendMessageBatchRequestEntry, 'Id'>

export interface Receiving {
  readonly max: number
  readonly waitSeconds: number
  /** How long what is received is hidden from others. */
  readonly hiddenSeconds: number
}

interface Failed {
  readonly Id: string | undefined
  readonly Code: string | undefined
  readonly Message?: string | undefined
}

/** What is read of each received message. */
const systemAttributes: MessageSystemAttributeName[] = [
  ...(['ApproximateReceiveCount', 'SentTimestamp', 'MessageGroupId', 'SequenceNumber'] as const),
]

export class Queues {
  private readonly urls = new Map<string, string>()

  constructor(private readonly link: Link) {}

  /** Names of all queues that begin so. */
  async list(begin: string): Promise<readonly string[]> {
    const names: string[] = []
    let NextToken: string | undefined
    do {
      const input = { QueueNamePrefix: begin, MaxResults: 1_000, ...(NextToken && { NextToken }) }
      const page = await this.link.surely(`listing queues ${begin}*`, (client, options) =>
        client.send(new ListQueuesCommand(input), options),
      )
      for (const url of page.QueueUrls ?? []) {
        const name = nameInUrl(url)
        this.urls.set(name, url)
        names.push(name)
      }
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    return names
  }

  /** Undefined when there is no such queue. */
  async attributes(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    try {
      const QueueUrl = await this.url(name)
      const answer = await this.link.surely(`reading queue ${name}`, (client, options) =>
        client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }), options),
      )
      return answer.Attributes ?? {}
    } catch (error) {
      if (!isBusError(error, 'NOT_FOUND')) throw error
      this.urls.delete(name)
      return undefined
    }
  }

  async create(
    name: string,
    attributes: Readonly<Record<string, string>>,
    tags: Readonly<Record<string, string>>,
  ): Promise<void> {
    const input = { QueueName: name, Attributes: { ...attributes }, tags: { ...tags } }
    const { QueueUrl } = await this.link.surely(`making queue ${name}`, (client, options) =>
      client.send(new CreateQueueCommand(input), options),
    )
    if (QueueUrl !== undefined) this.urls.set(name, QueueUrl)
  }

  async delete(name: string): Promise<void> {
    const QueueUrl = await this.url(name)
    this.urls.delete(name)
    await this.link.surely(`deleting queue ${name}`, (client, options) =>
      client.send(new DeleteQueueCommand({ QueueUrl }), options),
    )
  }

  async tags(name: string): Promise<Readonly<Record<string, string>>> {
    const QueueUrl = await this.url(name)
    const answer = await this.link.surely(`reading the tags of ${name}`, (client, options) =>
      client.send(new ListQueueTagsCommand({ QueueUrl }), options),
    )
    return answer.Tags ?? {}
  }

  async tag(name: string, tags: Readonly<Record<string, string>>): Promise<void> {
    const QueueUrl = await this.url(name)
    await this.link.surely(`tagging ${name}`, (client, options) =>
      client.send(new TagQueueCommand({ QueueUrl, Tags: { ...tags } }), options),
    )
  }

  async receive(
    name: string,
    { max, waitSeconds, hiddenSeconds }: Receiving,
  ): Promise<readonly SqsMessage[]> {
    const QueueUrl = await this.url(name)
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: max,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: hiddenSeconds,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: systemAttributes,
    })
    const answer = await this.link.surely(`receiving from ${name}`, (client, options) =>
      client.send(command, options),
    )
    return answer.Messages ?? []
  }

  /** For each entry why it was refused. */
  async send(name: string, entries: readonly Entry[]): Promise<readonly (BusError | undefined)[]> {
    const QueueUrl = await this.url(name)
    const Entries = entries.map((entry, index) => ({ ...entry, Id: String(index) }))
    const { Failed = [] } = await this.link.surely(`sending to ${name}`, (client, options) =>
      client.send(new SendMessageBatchCommand({ QueueUrl, Entries }), options),
    )
    return this.failures(`sending to ${name}`, entries.length, Failed)
  }

  async remove(name: string, handles: readonly string[]): Promise<readonly (BusError | undefined)[]> {
    const QueueUrl = await this.url(name)
    const Entries = handles.map((ReceiptHandle, index) => ({ ReceiptHandle, Id: String(index) }))
    const { Failed = [] } = await this.link.surely(`deleting from ${name}`, (client, options) =>
      client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }), options),
    )
    return this.failures(`deleting from ${name}`, handles.length, Failed)
  }

  /** Hides messages for so many more seconds from now on; 0 shows them to everybody. */
  async hide(
    name: string,
    claims: readonly { readonly handle: string; readonly seconds: number }[],
  ): Promise<readonly (BusError | undefined)[]> {
    const QueueUrl = await this.url(name)
    const Entries = claims.map(({ handle, seconds }, index) => ({
      Id: String(index),
      ReceiptHandle: handle,
      VisibilityTimeout: seconds,
    }))
    const { Failed = [] } = await this.link.surely(`renewing claims in ${name}`, (client, options) =>
      client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }), options),
    )
    return this.failures(`renewing a claim in ${name}`, claims.length, Failed)
  }

  private async url(name: string): Promise<string> {
    const known = this.urls.get(name)
    if (known !== undefined) return known
    const { QueueUrl } = await this.link.surely(`finding queue ${name}`, (client, options) =>
      client.send(new GetQueueUrlCommand({ QueueName: name }), options),
    )
    if (QueueUrl === undefined) throw new BusError('NOT_FOUND', `${this.link.place} has no queue ${name}.`)
    this.urls.set(name, QueueUrl)
    return QueueUrl
  }

  private failures(
    what: string,
    count: number,
    failed: readonly Failed[],
  ): readonly (BusError | undefined)[] {
    const all = Array.from<BusError | undefined>({ length: count })
    for (const { Id, Code, Message } of failed) {
      const isLarge = /must be shorter|too long|size/i.test(Message ?? '')
      const text = `${this.link.place} refused ${what}: ${Code ?? ''} ${Message ?? ''}`
      all[Number(Id)] = new BusError(isLarge ? 'TOO_LARGE' : 'INTERNAL', text, { outcome: 'rejected' })
    }
    return all
  }
}
