/** Names of the airports on the board, as boards write them. */

const cities: ReadonlyMap<string, string> = new Map([
  ['AMS', 'Amsterdam'],
  ['FRA', 'Frankfurt'],
  ['CDG', 'Paris'],
  ['LHR', 'London'],
  ['ARN', 'Stockholm'],
  ['HEL', 'Helsinki'],
  ['LIS', 'Lisbon'],
  ['SIN', 'Singapore'],
  ['HND', 'Tokyo'],
  ['SYD', 'Sydney'],
  ['JFK', 'New York'],
  ['SFO', 'San Francisco'],
  ['YYZ', 'Toronto'],
  ['GRU', 'São Paulo'],
  ['JNB', 'Johannesburg'],
  ['DXB', 'Dubai'],
  ['DEL', 'Delhi'],
  ['ICN', 'Seoul'],
  ['ZRH', 'Zurich'],
  ['VIE', 'Vienna'],
  ['OSL', 'Oslo'],
  ['CPH', 'Copenhagen'],
  ['DUB', 'Dublin'],
  ['MAD', 'Madrid'],
  ['BCN', 'Barcelona'],
  ['FCO', 'Rome'],
])

/** The code itself for an airport nobody has named. */
export const cityOf = (code: string): string => cities.get(code) ?? code
