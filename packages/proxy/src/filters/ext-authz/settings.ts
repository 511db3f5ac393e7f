import type { MetadataPredicate } from '../../route/match-value.ts'
import type { Predicate } from '../../route/match-string.ts'

export interface BodySettings {
  readonly maxBytes: number
  /** Longer requests are checked by their beginning; else they are answered 413. */
  readonly allowsPartial: boolean
  readonly asBytes: boolean
}

/** Names of headers, lower-case. null: not said. */
export type HeaderSelection = Predicate | null

export interface HttpServiceFields {
  readonly kind: 'http'
  readonly cluster: string
  readonly scheme: string
  readonly timeoutMs: number
  readonly pathPrefix: string
  readonly headersToAdd: readonly (readonly [string, string])[]
  /** Of the service's answer when it allows: these replace, or are added to, the request's. */
  readonly upstreamHeaders: HeaderSelection
  readonly upstreamHeadersToAppend: HeaderSelection
  /** Of its refusal. */
  readonly clientHeaders: HeaderSelection
  readonly clientHeadersOnSuccess: HeaderSelection
  readonly metadataHeaders: HeaderSelection
}

export interface GrpcServiceFields {
  readonly kind: 'grpc'
  readonly cluster: string
  readonly authority: string
  readonly timeoutMs: number
  readonly initialMetadata: readonly (readonly [string, string])[]
}

export interface ExtAuthzFields {
  readonly service: HttpServiceFields | GrpcServiceFields
  readonly failureModeAllow: boolean
  readonly failureModeHeader: boolean
  readonly body: BodySettings | null
  readonly clearsRouteCache: boolean
  readonly statusOnError: number
  /** Namespaces of dynamic metadata that the service is told. */
  readonly metadataNamespaces: readonly string[]
  readonly routeMetadataNamespaces: readonly string[]
  /** Parts of a million. */
  readonly enabledPpm: number
  readonly enabledMetadata: MetadataPredicate | null
  readonly deniesWhenDisabled: boolean
  readonly includesCertificate: boolean
  readonly includesTls: boolean
  readonly statPrefix: string
  readonly allowedHeaders: HeaderSelection
  readonly disallowedHeaders: HeaderSelection
}

/** Of a route. */
export class CheckSettings {
  readonly contextExtensions: Readonly<Record<string, string>>
  readonly withoutBody: boolean
  /** null: the filter's. */
  readonly body: BodySettings | null

  constructor(contextExtensions: Readonly<Record<string, string>>, withoutBody: boolean, body: BodySettings | null) {
    this.contextExtensions = contextExtensions
    this.withoutBody = withoutBody
    this.body = body
  }
}
