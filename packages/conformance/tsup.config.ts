import { library } from '../../tooling/tsup.js'

export default library(['src/index.ts', 'src/vitest.ts', 'src/proxy.ts'])
