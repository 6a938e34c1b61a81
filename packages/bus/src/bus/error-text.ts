/** What is kept or told of whatever was thrown: a text of bounded length, and never another error. */

/** In UTF-16 units: at most three bytes each, so that a failure stays below 4 KiB with its code and issues. */
const maxErrorText = 1_024

/** Throwers may throw anything, also errors whose message is no string and objects that have no text at all. */
export function textOfError(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown).slice(0, maxErrorText)
  } catch {
    return 'Something without a text was thrown.'
  }
}
