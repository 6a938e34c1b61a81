/** Keeps zod from compiling schemas with `new Function`, which the page's Content-Security-Policy forbids. Import it first. */

import { config } from 'zod'

config({ jitless: true })
