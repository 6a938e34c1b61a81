/** The hub as a program: flags and environment in, one ready line out, drained on SIGTERM and SIGINT. */

import { runHub } from './launch.js'

await runHub(process)
