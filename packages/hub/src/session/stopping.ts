/** STOP and LEAVE: the two ways in which a consumer or an acceptor ends by its client's wish. */

import { type FrameReader, readLeave, readStop } from '@busbar/protocol'
import { BusError } from 'busbar/transport'
import { answering, type Connection } from './connection.js'

export function stop(connection: Connection, body: FrameReader): void {
  const { request, id } = readStop(body)
  answering(connection, request, () => {
    const subscription = connection.subscriptions.get(id)
    if (subscription === undefined) {
      throw new BusError('NOT_FOUND', `This connection has no subscription ${id}.`)
    }
    subscription.stop(request)
  })
}

export function leave(connection: Connection, body: FrameReader): void {
  const id = readLeave(body)
  const subscription = connection.subscriptions.get(id)
  connection.subscriptions.delete(id)
  subscription?.leave({ failed: false })
  connection.settled()
}
