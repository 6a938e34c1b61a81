/** What the page wants noticed: toasts for the eye, sentences for screen readers. */

import { type ReadonlySignal, signal } from '@preact/signals'
import type { Clock } from 'busbar'

export interface Toast {
  readonly id: number
  readonly tone: 'bad' | 'good'
  readonly title: string
  readonly lines: readonly string[]
}

export interface Notices {
  readonly toasts: ReadonlySignal<readonly Toast[]>
  /** Read out by screen readers whenever it changes. */
  readonly spoken: ReadonlySignal<string>
  toast(tone: Toast['tone'], title: string, lines?: readonly string[]): void
  dismiss(id: number): void
  speak(sentence: string): void
}

const shownMs = 5_000
const atMost = 2

export function createNotices(clock: Clock): Notices {
  const toasts = signal<readonly Toast[]>([])
  const spoken = signal('')
  let last = 0

  const dismiss = (id: number): void => {
    toasts.value = toasts.value.filter((toast) => toast.id !== id)
  }

  return {
    toasts,
    spoken,
    dismiss,
    toast(tone, title, lines = []) {
      last += 1
      const id = last
      toasts.value = [...toasts.value, { id, tone, title, lines }].slice(-atMost)
      clock.after(shownMs, () => dismiss(id))
    },
    speak(sentence) {
      spoken.value = sentence
    },
  }
}
