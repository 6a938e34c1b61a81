/** A hub inside a process of yours, and a service that reaches it over TCP. */

import { createHub } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { createBus } from 'busbar'
import { shop } from './shop-contract.js'

const token = 'a-secret-of-at-least-16-bytes'
await using hub = await createHub({
  tcp: { host: '127.0.0.1', port: 0 },
  auth: { tokens: [{ token, principal: 'shop' }] },
})

await using server = await createBus({ service: 'prices', transport: tcp({ url: hub.tcpUrl, token }) })
await server.reply(shop.price, () => ({ cents: 4_995 }))

await using client = await createBus({ service: 'web', transport: tcp({ url: hub.tcpUrl, token }) })
const { cents } = await client.request(shop.price, { sku: 'lamp' })
console.log(`over TCP: ${cents} cents`)
