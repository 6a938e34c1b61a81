/** Puts messages that were given up into the dead-letter queue of their channel, whole and with their history. */

import { type LetterFacts, writeLetter } from '@busbar/adapter'
import type { Channel, Message } from 'busbar/transport'
import type { Lines } from './lines.js'
import { writeForm } from './message-form.js'

export interface Cemetery {
  readonly lines: Lines
  readonly maxMessageBytes: number
  /** The channel's dead-letter queue. */
  queueOf(channel: Channel): string
}

/** Resolves when the letter is in its queue; burying the same received message again leaves one letter. */
export async function bury(
  cemetery: Cemetery,
  channel: Channel,
  message: Message,
  /** The queue's own id of the message that died; a redriven one has another. */
  token: string,
  facts: LetterFacts,
): Promise<void> {
  const full = writeForm(channel, message, writeLetter(facts))
  const bare = { ...facts, firstFailure: undefined, lastFailure: undefined }
  // What the failures said gives way to what the message said.
  const fits = full.bytes <= cemetery.maxMessageBytes
  const { body, attributes, bytes } = fits ? full : writeForm(channel, message, writeLetter(bare))
  const entry = {
    MessageBody: body,
    MessageAttributes: attributes,
    // A group for each letter: one that is being read holds back no other.
    MessageGroupId: token,
    MessageDeduplicationId: token,
  }
  const { sends } = cemetery.lines.of(cemetery.queueOf(channel))
  await sends.add({ entry, bytes })
}
