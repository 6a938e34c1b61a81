/** Chooses the Busbar wire from a URL and loads its package on demand. */

export { type ConnectOptions, connect } from './connect.js'
