/** Transports that break what publishing promises. */

import { EncodedBody, isBusError } from 'busbar/transport'
import { altered, delivering, forgetting, type Mutant, otherwise } from './mutant.js'

export const publishing: readonly Mutant[] = [
  {
    name: 'receipts carry ids of their own',
    breaks: ['bus-delivery', 'publish'],
    damage: () => (inner) =>
      altered(inner, {
        publish: async (request, signal) => ({ ...(await inner.publish(request, signal)), id: 'receipt' }),
      }),
  },
  {
    name: 'claims to be durable and is not',
    breaks: ['durable'],
    damage: () => (inner) => {
      const claim = { ...inner.capabilities.features, durable: 'native' as const }
      const capabilities = Object.freeze({ ...inner.capabilities, features: Object.freeze(claim) })
      return forgetting(altered(inner, { capabilities }), () => ({ durable: false }))
    },
  },
  {
    name: 'takes any declaration',
    breaks: ['publish'],
    damage: () => (inner) =>
      altered(inner, {
        declare: (channel, signal) =>
          inner.declare(channel, signal).catch((error: unknown) => {
            if (!isBusError(error, 'CONTRACT_MISMATCH')) throw error
          }),
      }),
  },
  {
    name: 'forgets the dedupe window',
    breaks: ['dedupe'],
    damage: () => (inner) => forgetting(inner, () => ({ dedupeMs: undefined })),
  },
  {
    name: 'ignores delays',
    breaks: ['delay'],
    damage: () => (inner) =>
      altered(inner, {
        publish: ({ delayMs: _, ...request }, signal) => inner.publish(request, signal),
      }),
  },
  {
    name: 'ignores priorities',
    breaks: ['priority'],
    damage: () => (inner) =>
      altered(inner, {
        publish: ({ priority: _, ...request }, signal) => inner.publish(request, signal),
      }),
  },
  {
    name: 'never lets a message expire',
    breaks: ['expiry'],
    damage: () => (inner) => forgetting(inner, () => ({ ttlMs: undefined })),
  },
  {
    name: 'takes messages of any size',
    breaks: ['limits'],
    damage: () => (inner) =>
      altered(inner, {
        async publish(request, signal) {
          const { message } = request
          if (message.body.size <= inner.capabilities.limits.maxMessageBytes)
            return inner.publish(request, signal)
          return { id: message.id, level: 'accepted' }
        },
      }),
  },
  {
    name: 'decodes and encodes payloads on the way',
    breaks: ['payloads'],
    damage: () => (inner) =>
      delivering(inner, (deliver) => (delivery) => {
        const text = new TextDecoder().decode(delivery.message.body.bytes())
        const body = new EncodedBody('json', new TextEncoder().encode(text))
        return deliver(otherwise(delivery, { message: { ...delivery.message, body } }))
      }),
  },
]
