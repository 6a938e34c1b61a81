/** Who may connect: tokens kept as salted hashes and compared in constant time. */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { BusError, type MaybePromise } from 'busbar/transport'

/** Gives the principal a credential stands for, or undefined to refuse it. Must not throw with the credential in the message. */
export type Authenticate = (credential: string) => MaybePromise<string | undefined>

/** One token and the name of whoever holds it. */
export interface Token {
  /** At least 16 bytes; make one with `openssl rand -base64 32`. */
  readonly token: string
  readonly principal: string
}

/** Static tokens, or a function that decides. */
export type Auth = { readonly tokens: readonly Token[] } | Authenticate

/** The name of everybody when a hub on loopback runs without authentication. */
export const anonymous = 'anonymous'

const leastTokenBytes = 16
/** A longer credential is refused before it is hashed. */
const mostTokenBytes = 4_096

/** Accepts the given tokens. INVALID_OPTION for a weak or repeated one; the message never quotes a token. */
export function staticTokens(tokens: readonly Token[]): Authenticate {
  const salt = randomBytes(32)
  const digest = (token: string): Buffer => createHmac('sha256', salt).update(token).digest()
  if (!Array.isArray(tokens) || tokens.length === 0) refuse('auth.tokens must hold at least one token.')
  const known = tokens.map(({ token, principal }, index) => {
    if (typeof token !== 'string' || Buffer.byteLength(token) < leastTokenBytes) {
      refuse(`auth.tokens[${index}].token must be a string of at least ${leastTokenBytes} bytes.`)
    }
    if (typeof principal !== 'string' || principal === '' || principal.startsWith('$')) {
      refuse(`auth.tokens[${index}].principal must be a name that does not start with "$".`)
    }
    return { digest: digest(token), principal }
  })
  return (credential) => {
    if (credential.length > mostTokenBytes) return undefined
    const offered = digest(credential)
    let principal: string | undefined
    // Every entry is compared, so that the time taken tells nothing about which one matched.
    for (const entry of known) if (timingSafeEqual(entry.digest, offered)) principal = entry.principal
    return principal
  }
}

/** The function behind either form of `auth`. */
export function authenticator(auth: Auth): Authenticate {
  if (typeof auth === 'function') return auth
  if (auth === null || typeof auth !== 'object' || Object.keys(auth).join() !== 'tokens') {
    refuse('auth must be { tokens: [{ token, principal }] }, staticTokens([...]) or a function.')
  }
  return staticTokens(auth.tokens)
}

function refuse(what: string): never {
  throw new BusError('INVALID_OPTION', `createHub: ${what}`)
}
