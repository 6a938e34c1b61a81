import { app } from '../../../tooling/tsup.js'

export default app(['src/index.ts'])
