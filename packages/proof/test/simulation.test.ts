/** The durable engine on its real store, over a disk that crashes, under random commands and a model of sets. */

import { simulate } from './simulation/simulate.js'

simulate(Number(process.env.BUSBAR_SIMULATION_RUNS ?? 1_000))
