/** Prepares the workspace, then runs the airport in this same process, which gets Ctrl-C and the arguments at first hand. */
import './prepare.mjs'

const launcher = new URL('../apps/airport/control/dist/main.js', import.meta.url)
await import(launcher.href)
