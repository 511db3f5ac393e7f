import { type AttributeBag, type AttributeValue, instant, parseIpText, type StringMap } from '@meshwork/core/attributes'

import type { FilterStream } from '../filter.ts'
import { HeaderMap } from './header-map.ts'

const NANOS_PER_MS = 1_000_000n
const GRPC_TYPE = /^application\/grpc(?:$|[;+])/

/** Attributes that the traffic itself gives, in the order in which they are sent. */
const DERIVED = [
  'request.headers',
  'request.host',
  'request.path',
  'request.method',
  'request.scheme',
  'request.referer',
  'request.useragent',
  'request.time',
  'context.protocol',
  'connection.mtls',
  'connection.requested_server_name',
  'origin.ip',
  'source.principal',
  'source.user',
  'destination.principal',
] as const

type Derived = (typeof DERIVED)[number]

const DERIVED_NAMES: ReadonlySet<string> = new Set(DERIVED)

function isDerived(name: string): name is Derived {
  return DERIVED_NAMES.has(name)
}

/** What the bag reads of a stream. */
export type RequestFacts = Pick<FilterStream, 'method' | 'path' | 'authority' | 'scheme' | 'requestHeaders' | 'startTimeMs' | 'connection'>

/**
 * The attributes of a request as Check sees them, computed when read: what traffic gives goes before what the previous proxy
 * forwarded, before the route's, before the filter's (mixer.md 1.8). Valid as long as its stream.
 */
export class RequestBag implements AttributeBag {
  private readonly stream: RequestFacts
  /** Highest precedence first. */
  private readonly layers: readonly AttributeBag[]
  private headers: StringMap | null = null

  constructor(stream: RequestFacts, layers: readonly AttributeBag[]) {
    this.stream = stream
    this.layers = layers
  }

  get(name: string): AttributeValue | undefined {
    const derived = isDerived(name) ? this.derive(name) : undefined
    if (derived !== undefined) return derived
    for (const layer of this.layers) {
      const value = layer.get(name)
      if (value !== undefined) return value
    }
    return undefined
  }

  names(): Iterable<string> {
    const names = new Set<string>()
    for (const name of DERIVED) if (this.derive(name) !== undefined) names.add(name)
    for (const layer of this.layers) for (const name of layer.names()) names.add(name)
    return names
  }

  private derive(name: Derived): AttributeValue | undefined {
    const { stream } = this
    switch (name) {
      case 'request.headers':
        return (this.headers ??= requestHeaderMap(stream))
      case 'request.host':
        return stream.authority
      case 'request.path':
        return stream.path
      case 'request.method':
        return stream.method
      case 'request.scheme':
        return stream.scheme === '' ? 'http' : stream.scheme
      case 'request.referer':
        return stream.requestHeaders.get('referer') ?? undefined
      case 'request.useragent':
        return stream.requestHeaders.get('user-agent') ?? undefined
      case 'request.time':
        return instant(BigInt(Math.round(stream.startTimeMs)) * NANOS_PER_MS)
      case 'context.protocol':
        return GRPC_TYPE.test(stream.requestHeaders.get('content-type') ?? '') ? 'grpc' : 'http'
      default:
        return deriveFromConnection(stream, name)
    }
  }
}

function deriveFromConnection(
  stream: RequestFacts,
  name: 'connection.mtls' | 'connection.requested_server_name' | 'origin.ip' | 'source.principal' | 'source.user' | 'destination.principal',
): AttributeValue | undefined {
  const { connection } = stream
  switch (name) {
    case 'connection.mtls':
      return connection.peer !== null
    case 'connection.requested_server_name':
      return connection.requestedServerName === '' ? undefined : connection.requestedServerName
    case 'origin.ip':
      return parseIpText(connection.remoteAddress)
    case 'source.principal':
    case 'source.user':
      return principalOf(connection.peer?.uriSans[0])
    case 'destination.principal':
      return principalOf(connection.localUriSan)
  }
}

const SPIFFE_SCHEME = 'spiffe://'

/** Mixer's form of an identity: without the scheme. */
function principalOf(uri: string | undefined): string | undefined {
  if (uri === undefined || uri === '') return undefined
  return uri.startsWith(SPIFFE_SCHEME) ? uri.slice(SPIFFE_SCHEME.length) : uri
}

function requestHeaderMap(stream: RequestFacts): StringMap {
  return new HeaderMap(
    stream.requestHeaders,
    new Map([
      [':method', stream.method],
      [':path', stream.path],
      [':authority', stream.authority],
    ]),
  )
}
