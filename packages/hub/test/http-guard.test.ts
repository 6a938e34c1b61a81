// Which Host and Origin headers open a WebSocket, told from the options and the port that was opened.

import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { allowedNames, refusalOf } from '../src/http-guard.js'

const none = { path: '/', allowedHosts: [], allowedOrigins: [] }
const refusal = (
  host: string,
  origin: string | undefined,
  [options, boundHost, port]: Parameters<typeof allowedNames>,
): number | undefined =>
  // The guard reads nothing else of a request.
  refusalOf(
    { url: '/', headers: { host, origin } } as IncomingMessage,
    allowedNames(options, boundHost, port),
  )

it.each<[string, string | undefined, Parameters<typeof allowedNames>, number | undefined]>([
  [
    'HUB.example:4601',
    undefined,
    [{ ...none, allowedHosts: ['Hub.Example:4601'] }, '127.0.0.1', 4601],
    undefined,
  ],
  ['hub.lan:4601', undefined, [none, 'Hub.lan', 4601], undefined],
  ['[::1]:4601', 'http://[::1]:4601', [none, '[::1]', 4601], undefined],
  ['localhost', 'http://localhost', [none, '127.0.0.1', 80], undefined],
  ['localhost', undefined, [none, '127.0.0.1', 4601], 403],
  ['localhost.:4601', undefined, [none, '127.0.0.1', 4601], 403],
  ['localhost:4601', 'HTTP://localhost:4601', [none, '127.0.0.1', 4601], 403],
  ['localhost:4601', 'null', [none, '127.0.0.1', 4601], 403],
])('F72 Host %s with Origin %s', (host, origin, allowed, status) => {
  expect(refusal(host, origin, allowed)).toBe(status)
})
