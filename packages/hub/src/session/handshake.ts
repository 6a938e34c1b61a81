/** HELLO and AUTH: versions, then who it is, then the session that is new or goes on. */

import {
  commonVersion,
  type FrameParser,
  frameType,
  type Hello,
  protocolError,
  readAuth,
  readHello,
  readHelloRange,
  resumePairs,
  versions,
  writeReady,
  writeWelcome,
} from '@busbar/protocol'
import { BusError } from 'busbar/transport'
import { anonymous } from '../auth.js'
import type { Core } from '../core.js'
import type { Kept } from '../resumable.js'
import type { Outbox } from './outbox.js'

/** Who came through. */
export interface Entered {
  readonly hello: Hello
  readonly principal: string
  readonly kept: Kept
  readonly resumed: boolean
}

export interface HandshakeOptions {
  readonly core: Core
  readonly remote: string
  readonly outbox: Outbox
  readonly maxFrameBytes: number
  readonly alive: () => boolean
  readonly entered: (entered: Entered) => void
  readonly failed: (error: unknown) => void
}

/** Takes the frames of a connection until it is ready; any other frame is a PROTOCOL_ERROR. */
export function createHandshake(options: HandshakeOptions): (frames: FrameParser) => void {
  const { core, outbox } = options
  let hello: Hello | undefined
  let deciding = false

  const welcome = (frames: FrameParser): void => {
    const theirs = readHelloRange(frames.body)
    const version = commonVersion(versions, theirs)
    if (version === undefined) {
      throw new BusError(
        'VERSION_UNSUPPORTED',
        `The hub speaks versions ${versions.min} to ${versions.max}, the client ${theirs.min} to ${theirs.max}.`,
        { details: { hub: versions, client: theirs } },
      )
    }
    hello = readHello(frames.body)
    const { maxMessageBytes, publishWindowBytes, exchangeWindowBytes, heartbeatMs, resumeMs } = core.limits
    writeWelcome(outbox.frames, version, {
      features: [resumePairs],
      maxFrameBytes: options.maxFrameBytes,
      maxMessageBytes,
      publishWindowBytes,
      exchangeWindowBytes,
      heartbeatMs,
      resumeMs,
      epoch: core.epoch,
    })
    outbox.written()
  }

  const decide = async (credential: string, from: Hello): Promise<void> => {
    const principal = await identify(core, credential)
    if (principal === undefined) {
      const delayMs = core.penalty.failed(options.remote)
      core.log('warn', 'authentication-failed', { remote: options.remote, delayMs })
      core.clock.after(delayMs, () => {
        options.failed(new BusError('AUTH_FAILED', 'The token is missing or unknown.'))
      })
      return
    }
    core.penalty.succeeded(options.remote)
    if (!options.alive()) return
    options.entered(enter(from, principal))
  }

  const enter = (from: Hello, principal: string): Entered => {
    const { session } = from
    const before = session && core.sessions.resume(session.id, session.token, principal)
    const { kept, secret } =
      before !== undefined && session !== undefined
        ? { kept: before, secret: session.token }
        : core.sessions.create(principal)
    const resumed = before !== undefined
    writeReady(outbox.frames, {
      session: { id: kept.id, token: secret },
      resumed,
      lastSequence: kept.lastSequence,
      durable: core.store !== undefined,
    })
    outbox.written()
    return { hello: from, principal, kept, resumed }
  }

  return (frames) => {
    if (frames.type === frameType.hello && hello === undefined) welcome(frames)
    else if (frames.type === frameType.auth && hello !== undefined && !deciding) {
      deciding = true
      const from = hello
      decide(readAuth(frames.body), from).catch(options.failed)
    } else throw protocolError(`A frame of type ${frames.type} came before the connection was ready`)
  }
}

async function identify(core: Core, credential: string): Promise<string | undefined> {
  if (core.authenticate === undefined) return anonymous
  const principal: unknown = await core.authenticate(credential)
  // Whoever wrote it without types may say no with null, false or an empty name.
  return typeof principal === 'string' && principal !== '' ? principal : undefined
}
