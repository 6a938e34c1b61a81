/** Real airline and airport codes (IATA), so that the boards read like boards. */

export interface AirlineCode {
  readonly code: string
  readonly name: string
}

export const airlineCodes: readonly [AirlineCode, ...AirlineCode[]] = [
  { code: 'KL', name: 'KLM' },
  { code: 'LH', name: 'Lufthansa' },
  { code: 'AF', name: 'Air France' },
  { code: 'BA', name: 'British Airways' },
  { code: 'SK', name: 'SAS' },
  { code: 'AY', name: 'Finnair' },
  { code: 'TP', name: 'TAP Air Portugal' },
  { code: 'SQ', name: 'Singapore Airlines' },
  { code: 'JL', name: 'Japan Airlines' },
  { code: 'QF', name: 'Qantas' },
]

/** Not a real airline: it weighs its bags by eye. `ZZ` is kept free for such use. */
export const sloppyAir: AirlineCode = { code: 'ZZ', name: 'Sloppy Air' }

export const airportCodes: readonly [string, ...string[]] = [
  'AMS',
  'FRA',
  'CDG',
  'LHR',
  'ARN',
  'HEL',
  'LIS',
  'SIN',
  'HND',
  'SYD',
  'JFK',
  'SFO',
  'YYZ',
  'GRU',
  'JNB',
  'DXB',
  'DEL',
  'ICN',
  'ZRH',
  'VIE',
  'OSL',
  'CPH',
  'DUB',
  'MAD',
  'BCN',
  'FCO',
]
