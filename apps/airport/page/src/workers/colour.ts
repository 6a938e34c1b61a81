/** Gives each baggage worker its colour: the style sheet knows `crew-1` to `crew-6`. */

export const colourOf = (worker: string): string => {
  const number = Number(/\d+$/.exec(worker)?.[0] ?? 1)
  return `crew-${((number - 1) % 6) + 1}`
}
