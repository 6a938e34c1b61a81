/** Where the server is and who we are there, out of a URL or out of options. */

import { BusError } from 'busbar/transport'

export interface SqsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

interface Address {
  readonly place: string
  readonly isAmazon: boolean
  readonly endpoint: string | undefined
  readonly region: string | undefined
  readonly credentials: SqsCredentials | undefined
}

interface Given {
  readonly url?: string
  readonly endpoint?: string
  readonly region?: string
  readonly credentials?: SqsCredentials
}

const amazon = /^sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/
/** Servers for tests look at no credentials, but the SDK signs with some. */
const anybody: SqsCredentials = { accessKeyId: 'anybody', secretAccessKey: 'anybody' }

/** INVALID_OPTION when they contradict each other or cannot be read. */
export function addressOf(given: Given): Address {
  if (given.url !== undefined) {
    if (given.endpoint !== undefined) throw invalid('Give sqs() a url or an endpoint, not both.')
    return ofUrl(given.url, given)
  }
  if (given.endpoint === undefined) {
    const place = `Amazon SQS${given.region === undefined ? '' : ` in ${given.region}`}`
    const { region, credentials } = given
    return { place, isAmazon: true, endpoint: undefined, region, credentials }
  }
  const endpoint = parse('endpoint', given.endpoint, ['http:', 'https:'])
  return compatible(endpoint.origin, given, undefined)
}

function ofUrl(text: string, given: Given): Address {
  const url = parse('url', text, ['sqs:'])
  const region = given.region ?? url.searchParams.get('region') ?? undefined
  const credentials = given.credentials ?? credentialsIn(url)
  const home = amazon.exec(url.hostname)?.[1]
  if (home !== undefined) {
    const where = region ?? home
    return {
      place: `Amazon SQS in ${where}`,
      isAmazon: true,
      endpoint: undefined,
      region: where,
      credentials,
    }
  }
  const scheme = url.searchParams.get('tls') === 'true' ? 'https' : 'http'
  return compatible(
    `${scheme}://${url.host}`,
    { ...given, ...(region !== undefined && { region }) },
    credentials,
  )
}

function compatible(endpoint: string, given: Given, credentials: SqsCredentials | undefined): Address {
  return {
    place: endpoint,
    isAmazon: false,
    endpoint,
    region: given.region ?? 'us-east-1',
    credentials: given.credentials ?? credentials ?? anybody,
  }
}

function credentialsIn({ username, password }: URL): SqsCredentials | undefined {
  if (username === '') return undefined
  return { accessKeyId: decodeURIComponent(username), secretAccessKey: decodeURIComponent(password) }
}

function parse(option: string, text: string, schemes: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && schemes.includes(url.protocol) && url.host !== '') return url
  throw invalid(
    `sqs() cannot read its ${option}, which begins with ${schemes.join('// or ')}// and names a host.`,
  )
}

function invalid(text: string): BusError {
  return new BusError('INVALID_OPTION', text)
}
