/** Pictograms in the manner of airport signs, drawn on a 24 by 24 field. */

const paths = {
  plane:
    'M21 15.5v-2l-7.5-4.7V4.5a1.5 1.5 0 0 0-3 0v4.3L3 13.5v2l7.5-2.3v4.6L8.5 19.3V21l3.5-1 3.5 1v-1.7l-2-1.5v-4.6z',
  radar:
    'M12 3a9 9 0 1 0 9 9h-2a7 7 0 1 1-7-7zm0 4a5 5 0 1 0 5 5h-2a3 3 0 1 1-3-3zm.8 6.4L19 7.2 17.6 5.8l-6.2 6.2z',
  board: 'M3 5h18v6H3zm0 8h18v6H3zm3-6v2h5V7zm0 8v2h8v-2z',
  belt: 'M8 6V4a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v2h3v9H5V6zm2 0h4V5h-4zM3 17h18v4H3zm3 1.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6m6 0a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6m6 0a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6',
  lost: 'M12 3a6 6 0 0 1 2 11.6V17h-4v-3.9l1.3-.4A3 3 0 1 0 9 9.5H6A6 6 0 0 1 12 3m-2 15.5h4V21h-4z',
  workers:
    'M12 4a3 3 0 1 1 0 6 3 3 0 0 1 0-6M5.5 7a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4m13 0a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4M7 20v-4.5a4 4 0 0 1 4-4h2a4 4 0 0 1 4 4V20zM2 19v-3.5a3 3 0 0 1 3-3h1.2A6 6 0 0 0 5 15.5V19zm20 0v-3.5a3 3 0 0 0-3-3h-1.2A6 6 0 0 1 19 15.5V19z',
  gate: 'M4 3h9v18H4zm11 0h5v2h-3v14h3v2h-5zM10 11v2h1.5v-2z',
  phone:
    'M6.6 3 9.5 3l1.5 5-2.2 1.5a12 12 0 0 0 5.7 5.7L16 13l5 1.5v2.9A3.6 3.6 0 0 1 17.4 21 14.4 14.4 0 0 1 3 6.6 3.6 3.6 0 0 1 6.6 3',
  hand: 'M9 3h2v8h1V5h2v6h1V7h2v8a6 6 0 0 1-6 6h-1a5 5 0 0 1-4.4-2.700L3.5 14 5 12.800l3 2V4z',
  feed: 'M4 5h16v2H4zm0 4h10v2H4zm0 4h16v2H4zm0 4h12v2H4z',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}
