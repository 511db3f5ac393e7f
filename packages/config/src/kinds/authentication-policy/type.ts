/** `authentication.istio.io/v1alpha1` Policy and MeshPolicy of Istio 1.0. */
export interface AuthenticationPolicySpec {
  /** Services of the namespace; empty for all. */
  readonly targets: readonly AuthenticationTarget[]
  readonly peers: readonly PeerMethod[]
  readonly peerIsOptional: boolean
  readonly origins: readonly OriginMethod[]
  readonly originIsOptional: boolean
  readonly principalBinding: 'USE_PEER' | 'USE_ORIGIN'
}

export interface AuthenticationTarget {
  /** Short name of a service. */
  readonly name: string
  readonly ports: readonly { readonly number?: number; readonly name?: string }[]
}

/** One of the two is set; neither means no way at all. */
export interface PeerMethod {
  readonly mtls?: { readonly mode: 'STRICT' | 'PERMISSIVE'; readonly allowTls: boolean }
  readonly jwt?: OldJwt
}

export interface OriginMethod {
  readonly jwt?: OldJwt
}

export interface OldJwt {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly jwksUri: string
  readonly jwks: string
  readonly jwtHeaders: readonly string[]
  readonly jwtParams: readonly string[]
}
