import { app } from '../../../tooling/tsup.js'

export default app(['src/main.ts', 'src/worker.ts', 'src/hub.ts'])
