import { app } from '../../tooling/tsup.js'

export default app(['src/*.ts'])
