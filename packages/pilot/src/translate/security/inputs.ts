import type { ExtAuthzHttpProvider, ExtAuthzProvider, JwtRule, ObjectOf, Origin } from '@meshwork/config/kinds'

/** What is demanded of those who call a workload. Part of the inputs of every listener that takes callers in. */
export interface SecuritySettings {
  /** AuthorizationPolicy objects that are for the workload, oldest first. */
  readonly policies: readonly ObjectOf<'AuthorizationPolicy'>[]
  /** The services that decide for policies of action CUSTOM, by the name that those use. Names that are missing decide nothing. */
  readonly authorizers: Readonly<Record<string, Authorizer>>
  /** What tokens must be like, by issuer. */
  readonly tokens: readonly TokenRule[]
  /** The mesh's own trust domain first, then its other names. */
  readonly trustDomains: readonly string[]
}

/** One rule about tokens, with the keys it verifies by. */
export interface TokenRule {
  readonly rule: JwtRule
  /** JSON Web Key Set; never without a key, so that no token passes unverified. */
  readonly keys: string
  /** Routes depend on claims, so they are chosen anew once those are known. */
  readonly routesByClaims: boolean
  /** Where the rule is written. */
  readonly origin: Origin
  /** Of the rule, from the root of its object. */
  readonly path: string
}

/** A service of the mesh that is asked for decisions. */
export type Authorizer =
  | {
      readonly kind: 'http'
      readonly cluster: string
      readonly hostname: string
      readonly port: number
      readonly provider: ExtAuthzHttpProvider
    }
  | {
      readonly kind: 'grpc'
      readonly cluster: string
      readonly hostname: string
      readonly port: number
      readonly provider: ExtAuthzProvider
    }
