/** What the hub tells about itself: events with ids and sizes, never payloads or tokens. */

export type LogLevel = 'info' | 'warn' | 'error'

/** Facts of one event; JSON-safe. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Takes one event, named in kebab-case: `log('warn', 'connection-closed', { link: 7, code: 'PROTOCOL_ERROR' })`. */
export type Log = (level: LogLevel, event: string, fields: LogFields) => void

/** The default: says nothing. */
export const silentLog: Log = () => {}
