/** What the store tells about itself: events with places and sizes, never payloads. */

export type LogLevel = 'info' | 'warn' | 'error'

/** Facts of one event; JSON-safe. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Takes one event, named in kebab-case: `log('warn', 'store-tail-cut', { file, position, bytes })`. */
export type Log = (level: LogLevel, event: string, fields: LogFields) => void
