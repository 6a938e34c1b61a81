/** What the services of the airport share. */
export { airport, type Bag, type Plane } from './airport.js'
export { type AirlineCode, airlineCodes, airportCodes, sloppyAir } from './codes.js'
export { type BagCounts, control, type LostBag, type Roster, type Worker } from './control.js'
export { type Meter, pause, pick, type Service, type Tally, tallied, type World } from './service.js'
