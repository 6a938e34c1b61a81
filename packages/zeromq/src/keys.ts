/** A token as the keys of CURVE: only who knows it can make the public key, and without that nobody is let in. */

import { createPrivateKey, createPublicKey, scrypt } from 'node:crypto'

/** In Z85, as ZeroMQ wants them. */
export interface Keys {
  readonly publicKey: string
  readonly secretKey: string
}

const keyBytes = 32
/** The head of a PKCS #8 block with an X25519 key. */
const pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'

export async function keysOf(token: string): Promise<Keys> {
  const secret = await new Promise<Buffer>((resolve, reject) => {
    scrypt(token, 'busbar zeromq', keyBytes, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
  const key = createPrivateKey({ key: Buffer.concat([pkcs8, secret]), format: 'der', type: 'pkcs8' })
  const open = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-keyBytes)
  return { publicKey: z85(open), secretKey: z85(secret) }
}

/** Options of a socket that binds. */
export function serverSecurity(keys: Keys | undefined) {
  return keys === undefined ? {} : { curveServer: true, curveSecretKey: keys.secretKey }
}

/** Options of a socket that connects. */
export function clientSecurity(keys: Keys | undefined) {
  if (keys === undefined) return {}
  const { publicKey, secretKey } = keys
  return { curveServerKey: publicKey, curvePublicKey: publicKey, curveSecretKey: secretKey }
}

function z85(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 4) {
    let rest = bytes.readUInt32BE(at)
    let five = ''
    for (let digit = 0; digit < 5; digit += 1) {
      five = alphabet.charAt(rest % 85) + five
      rest = Math.floor(rest / 85)
    }
    text += five
  }
  return text
}
