/** Light or dark: as the system wishes, until the visitor chooses. */

import { type ReadonlySignal, signal } from '@preact/signals'

export type Theme = 'light' | 'dark'

export interface ThemeChoice {
  readonly theme: ReadonlySignal<Theme>
  toggle(): void
}

const kept = 'airport-theme'

export function createTheme(page: Window): ThemeChoice {
  const system = page.matchMedia('(prefers-color-scheme: dark)')
  const chosen = page.localStorage.getItem(kept)
  const theme = signal<Theme>(system.matches ? 'dark' : 'light')
  const show = (next: Theme): void => {
    theme.value = next
    page.document.documentElement.dataset.theme = next
  }
  if (chosen === 'light' || chosen === 'dark') show(chosen)
  else show(theme.value)
  system.addEventListener('change', () => {
    if (page.localStorage.getItem(kept) === null) show(system.matches ? 'dark' : 'light')
  })
  return {
    theme,
    toggle() {
      show(theme.value === 'dark' ? 'light' : 'dark')
      page.localStorage.setItem(kept, theme.value)
    },
  }
}
