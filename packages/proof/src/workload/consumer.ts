/** One consumer: has a place at every topic, leaves and comes back, and at times goes without a word. */

import type { AnyTopic, Bus, Context, Subscription } from 'busbar'
import { handle, type Mood, type Place } from './handler.js'
import type { Payload } from './payload.js'
import type { WorkloadHost } from './workload-host.js'

type Handler = (payload: Payload, ctx: Context, offset?: number) => ReturnType<typeof handle>

/** A place and how it is taken. */
interface Post extends Place {
  readonly subject: AnyTopic
  readonly concurrency: number
  readonly from?: number
  readonly take: (bus: Bus, handler: Handler) => Promise<Subscription>
}

/** A taken place. */
interface Taken {
  readonly post: Post
  readonly subscription: Subscription
}

/** Name of the group that only the first consumer is a member of: its order is that of the producers. */
const single = 'single'

export class WorkloadConsumer {
  private process: string
  private bus: Bus | undefined
  private taken: Taken[] = []
  private lives = 0

  constructor(
    private readonly host: WorkloadHost,
    private readonly name: string,
    private readonly isFirst: boolean,
  ) {
    this.process = name
  }

  /** Takes its places. */
  async start(): Promise<void> {
    this.process = `${this.name}.${this.lives++}`
    this.bus = await this.host.bus(this.process, 0)
    for (const post of this.posts()) if (this.host.has(post.subject)) await this.take(post)
  }

  /** Leaves one place and takes it again, or lets its bus die under its handlers and comes back as another. */
  async stir(): Promise<void> {
    if (this.host.chance(0.2)) {
      await this.vanish()
      await this.start()
      return
    }
    const one = this.taken[this.host.below(this.taken.length)]
    if (one === undefined) return
    await this.leave(one)
    await this.take(one.post)
  }

  /** Leaves every place when its handlers are done. */
  async stop(): Promise<void> {
    for (const one of [...this.taken]) await this.leave(one)
    await this.end()
  }

  /** Waits until everything that was on its way to it has come: answers come behind. */
  private async catchUp(): Promise<void> {
    const { ticks } = this.host.options.topics
    // Without a link nothing is on its way.
    if (this.host.has(ticks)) await this.bus?.inspect(ticks).catch(() => undefined)
    await this.host.pause(1)
  }

  private posts(): Post[] {
    const { jobs, lanes, notices, ticks, log } = this.host.options.topics
    const several = { concurrency: 3 }
    const everyone: Post[] = [
      {
        subject: jobs,
        topic: jobs.name,
        ...several,
        take: (bus, handler) => bus.work(jobs, handler, several),
      },
      {
        subject: lanes,
        topic: lanes.name,
        ...several,
        take: (bus, handler) => bus.work(lanes, handler, several),
      },
      {
        subject: notices,
        topic: notices.name,
        group: 'several',
        ...several,
        take: (bus, handler) => bus.subscribe(notices, handler, { group: 'several', ...several }),
      },
      {
        subject: log,
        topic: log.name,
        group: 'followers',
        from: 0,
        ...several,
        take: (bus, handler) =>
          bus.subscribe(log, (payload, ctx) => handler(payload, ctx, ctx.offset), {
            group: 'followers',
            from: 'start',
            ...several,
          }),
      },
      {
        subject: ticks,
        topic: ticks.name,
        concurrency: 1,
        take: (bus, handler) =>
          bus.subscribe(ticks, handler, {
            group: 'each',
            onGap: ({ count }) => this.host.write(this.process, { op: 'gap', topic: ticks.name, count }),
          }),
      },
    ]
    if (!this.isFirst) return everyone
    const alone: Post = {
      subject: notices,
      topic: notices.name,
      group: single,
      concurrency: 1,
      take: (bus, handler) => bus.subscribe(notices, handler, { group: single }),
    }
    return [...everyone, alone]
  }

  private async take(post: Post): Promise<void> {
    const { bus, host, process } = this
    if (bus === undefined) return
    const place = placeOf(post)
    const subscription = await host.insist(() =>
      post.take(bus, (payload, ctx, offset) =>
        handle(host, process, place, moodOf(post), payload, ctx, offset),
      ),
    )
    const from = post.from === undefined ? {} : { from: post.from }
    host.write(process, { op: 'subscribe', ...place, concurrency: post.concurrency, ...from })
    this.taken.push({ post, subscription })
  }

  private async leave(one: Taken): Promise<void> {
    const { host, process, bus } = this
    const place = placeOf(one.post)
    this.taken = this.taken.filter((other) => other !== one)
    host.write(process, { op: 'unsubscribe', type: 'invoke', ...place })
    // Plain events that wait for a consumer that leaves are gone.
    if (moodOf(one.post) === 'steady') await this.catchUp()
    try {
      await one.subscription.close()
      // Where nothing is durable, the answer to this comes behind everything that was settled before.
      await bus?.inspect(one.post.subject)
      host.write(process, { op: 'confirm', ...place })
    } catch {
      // The link broke: nobody knows what was heard.
    }
    host.write(process, { op: 'unsubscribe', type: 'ok', ...place })
  }

  /** Whatever the hub says to the last words. */
  private async end(): Promise<void> {
    await this.bus?.close().catch(() => undefined)
  }

  private async vanish(): Promise<void> {
    const { host, process, taken } = this
    this.taken = []
    host.write(process, { op: 'link', state: 'vanishing' })
    const tell = (type: 'invoke' | 'ok'): void => {
      for (const { post } of taken) host.write(process, { op: 'unsubscribe', type, ...placeOf(post) })
    }
    tell('invoke')
    await this.end()
    tell('ok')
  }
}

/** Only what comes again can be failed. */
const moodOf = ({ subject }: Post): Mood => (subject.channel.guarantees.tracked ? 'moody' : 'steady')

const placeOf = ({ topic, group }: Post): Place => ({ topic, ...(group !== undefined && { group }) })
