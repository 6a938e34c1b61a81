/** How many messages may be on their way to a consumer that need not settle them: many small ones, few large ones. */

/** Hides the way to the hub and back, and lets either end work on many messages before the other has its turn. */
const most = 2_048
const least = 16
/** What the client is ready to hold, by the size of what came lately. */
const budgetBytes = 1024 * 1024
const assumedBytes = 2_048
/** Each message counts for so much of the average. */
const weight = 1 / 16

export class Prefetch {
  private averageBytes = assumedBytes

  saw(bytes: number): void {
    this.averageBytes += (bytes - this.averageBytes) * weight
  }

  get messages(): number {
    return Math.max(least, Math.min(most, Math.floor(budgetBytes / Math.max(1, this.averageBytes))))
  }
}
