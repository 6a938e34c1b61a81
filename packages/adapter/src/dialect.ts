/** How a broker spells what a message has beside its payload: every name is made once, not for each message. */

/** `ce-` on NATS, `ce_` on Kafka, `cloudEvents:` on AMQP, as the bindings of CloudEvents say. */
export interface DialectOptions {
  readonly prefix: string
  /** Where the media type goes; default `content-type`. Empty for brokers that have a field for it. */
  readonly contentType?: string
}

/** Carried by our own headers, not by attributes of the same name. */
const control = 'busbar-'
/** Own headers whose names belong to somebody else. */
const escaped = 'busbar-own-'
const traced = new Set(['traceparent', 'tracestate'])
/** Attributes that have a field of their own in a message. */
const fields = new Set([
  ...['specversion', 'id', 'type', 'time', 'subject', 'partitionkey'],
  ...['datacontenttype', 'dataschema'],
])
/** Extension attributes that the bus itself gives. */
const extensions = new Set(['source', 'correlationid', 'causationid'])
const nameForm = /^[a-z0-9][a-z0-9._-]{0,127}$/
/** Services use few names; strangers may send as many as they like. */
const mostNames = 512

/** The spelling of one broker; made once, by the module that speaks to it. What it keeps are texts that it has made. */
export class HeaderDialect {
  readonly prefix: string
  readonly contentType: string
  readonly version: string
  readonly id: string
  readonly type: string
  readonly time: string
  readonly subject: string
  readonly key: string
  private readonly written = new Map<string, string>()
  private readonly read = new Map<string, string>()
  private lastTime = Number.NaN
  private lastText = ''
  private parsedText = ''
  private parsedTime = Number.NaN

  constructor({ prefix, contentType = 'content-type' }: DialectOptions) {
    this.prefix = prefix
    this.contentType = contentType
    this.version = `${prefix}specversion`
    this.id = `${prefix}id`
    this.type = `${prefix}type`
    this.time = `${prefix}time`
    this.subject = `${prefix}subject`
    this.key = `${prefix}partitionkey`
  }

  /** A time in ms as CloudEvents has it; those of messages in a row are mostly the same. */
  textOf(time: number): string {
    if (time !== this.lastTime) {
      this.lastText = new Date(time).toISOString()
      this.lastTime = time
    }
    return this.lastText
  }

  /** The time in ms that a text gives; NaN for one that gives none. */
  timeOf(text: string | undefined): number {
    if (text === undefined) return Number.NaN
    if (text !== this.parsedText) {
      this.parsedTime = Date.parse(text)
      this.parsedText = text
    }
    return this.parsedTime
  }

  /** The name that a header of a message has at the broker. */
  brokerName(name: string): string {
    const known = this.written.get(name)
    if (known !== undefined) return known
    return remember(this.written, name, this.spell(name))
  }

  /** The name under which a user sees a header of the broker; empty for those that are not for users. */
  userName(name: string): string {
    const known = this.read.get(name)
    if (known !== undefined) return known
    return remember(this.read, name, this.unspell(name))
  }

  private spell(name: string): string {
    if (traced.has(name)) return name
    if (extensions.has(name)) return this.prefix + name
    const isTaken = name.startsWith(this.prefix) || name.startsWith(control) || name === this.contentType
    return isTaken || name === '__proto__' ? escaped + name : name
  }

  private unspell(name: string): string {
    if (name.startsWith(escaped)) return name.slice(escaped.length)
    if (name.startsWith(control) || name === this.contentType) return ''
    if (name.startsWith(this.prefix)) {
      const attribute = name.slice(this.prefix.length).toLowerCase()
      return fields.has(attribute) || !nameForm.test(attribute) ? '' : attribute
    }
    const lower = name.toLowerCase()
    return nameForm.test(lower) ? lower : ''
  }
}

function remember(names: Map<string, string>, name: string, other: string): string {
  if (names.size >= mostNames) names.clear()
  names.set(name, other)
  return other
}
