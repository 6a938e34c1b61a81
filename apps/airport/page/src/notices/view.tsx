/** Shows the toasts, and holds the region that screen readers listen to. */

import type { Notices } from './state.js'

export function NoticesView({ notices }: { readonly notices: Notices }) {
  return (
    <>
      <output class="unseen" aria-live="polite">
        {notices.spoken.value}
      </output>
      <div class="toasts">
        {notices.toasts.value.map(({ id, tone, title, lines }) => (
          <div key={id} class={`toast ${tone}`} role="status">
            <div>
              <strong>{title}</strong>
              {lines.map((line) => (
                <p key={line}>{line}</p>
              ))}
            </div>
            <button
              type="button"
              class="plain"
              aria-label={`Dismiss: ${title}`}
              onClick={() => notices.dismiss(id)}
            >
              ×
            </button>
          </div>
        ))}
      </div>
    </>
  )
}
