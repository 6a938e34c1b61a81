/** Two standard queues, since SQS alone has no subscriptions; ten messages to a request, as many requests as help. */

import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { sqs } from '@busbar/sqs'
import { type Broker, type Handle, jobIn } from './contender.js'
import { gather } from './gather.js'

const region = 'us-east-1'
const perRequest = 10
const pollers = 8

export const sqsBroker: Broker = {
  // A FIFO queue of the test server hands out one message at a time.
  adapter: (url) => sqs({ url, region, fifoEvents: false, waitSeconds: 1 }),
  async bare(url, name) {
    const credentials = { accessKeyId: 'none', secretAccessKey: 'none' }
    const client = new SQSClient({ endpoint: `http://${new URL(url).host}`, region, credentials, md5: false })
    const polls: Promise<void>[] = []
    let isOver = false

    const create = async (QueueName: string): Promise<string> =>
      (await client.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? ''
    const sending = (QueueUrl: string) => {
      const send = gather(perRequest, async (bodies: readonly string[]) => {
        const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }))
        const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
        if (Failed.length > 0) throw new Error(`refused: ${Failed[0]?.Message}`)
      })
      return (job: object): Promise<unknown> => send(JSON.stringify(job))
    }
    const remove = (QueueUrl: string, messages: readonly Message[]): Promise<unknown> => {
      const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
      return client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
    }
    const poll = async (QueueUrl: string, handle: Handle): Promise<void> => {
      while (!isOver) {
        const command = { QueueUrl, MaxNumberOfMessages: perRequest, WaitTimeSeconds: 1 }
        const { Messages = [] } = await client.send(new ReceiveMessageCommand(command))
        for (const { Body } of Messages) handle(jobIn(Body ?? ''))
        if (Messages.length > 0) await remove(QueueUrl, Messages)
      }
    }
    const jobs = await create(`${name}_jobs`)
    const news = await create(`${name}_news`)
    const take = async (queue: string, handle: Handle): Promise<void> => {
      polls.push(...Array.from({ length: pollers }, () => poll(queue, handle)))
    }
    return {
      send: sending(jobs),
      work: (handle) => take(jobs, handle),
      publish: sending(news),
      subscribe: (handle) => take(news, handle),
      async close() {
        isOver = true
        await Promise.all(polls)
        for (const QueueUrl of [jobs, news]) await client.send(new DeleteQueueCommand({ QueueUrl }))
        client.destroy()
      },
    }
  },
}
