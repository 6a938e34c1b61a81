/** The same as the fast simulation, for longer. */

import { simulate } from './simulation/simulate.js'

simulate(Number(process.env.BUSBAR_SIMULATION_RUNS ?? 10_000))
