import type { XdsNode } from './node.ts'
import type { XdsResource } from './resource.ts'

/**
 * The four messages of a discovery stream, free of the transport (xDS protocol, "The xDS transport protocol").
 * `sotw` is state-of-the-world, `delta` is incremental xDS.
 */
export interface SotwRequest {
  readonly kind: 'sotw'
  /** Only the first request of a stream must carry it. */
  readonly node: XdsNode | null
  readonly typeUrl: string
  readonly resourceNames: readonly string[]
  /** Version of the last response that the client accepted; empty before the first. */
  readonly versionInfo: string
  /** Nonce of the response that this request answers; empty for the first request of a type. */
  readonly responseNonce: string
  /** Set exactly in a NACK. */
  readonly error: string | null
}

export interface DeltaRequest {
  readonly kind: 'delta'
  readonly node: XdsNode | null
  readonly typeUrl: string
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  /** What the client holds from an earlier stream, name to version. Only in the first request of a type. */
  readonly initialVersions: ReadonlyMap<string, string>
  /** Empty for requests that only change the subscription. */
  readonly responseNonce: string
  readonly error: string | null
}

export interface SotwResponse {
  readonly kind: 'sotw'
  readonly typeUrl: string
  readonly version: string
  readonly nonce: string
  readonly resources: readonly XdsResource[]
  /** The same resources in lists; frozen ones go to many clients, so that whoever encodes may remember their bytes. */
  readonly lists?: readonly (readonly XdsResource[])[]
}

export interface DeltaResponse {
  readonly kind: 'delta'
  readonly typeUrl: string
  /** For people only: each resource has its own version. */
  readonly systemVersion: string
  readonly nonce: string
  readonly resources: readonly XdsResource[]
  /** The same resources in lists; frozen ones go to many clients, so that whoever encodes may remember their bytes. */
  readonly lists?: readonly (readonly XdsResource[])[]
  readonly removed: readonly string[]
}

export type XdsRequest = SotwRequest | DeltaRequest
export type XdsResponse = SotwResponse | DeltaResponse

/** Subscribes to everything of a type (xDS protocol, "How the client specifies what resources to return"). */
export const WILDCARD = '*'
