import type { TargetReference, WorkloadSelector } from '../shape/policy-target.ts'

export type AuthorizationAction = 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM'

/** `security.istio.io` AuthorizationPolicy: who may do what with workloads. */
export interface AuthorizationPolicySpec {
  /** Unset: every workload of the namespace (in the root namespace: of the mesh). */
  readonly selector?: WorkloadSelector
  readonly targetRefs: readonly TargetReference[]
  readonly action: AuthorizationAction
  /** CUSTOM only: the name of one of MeshConfig's `extensionProviders`. */
  readonly provider?: { readonly name: string }
  /** Any of them must match. None: the policy never matches, so that an ALLOW of this form allows nothing. */
  readonly rules: readonly AuthorizationRule[]
}

/** All three parts must hold; a part without entries always does. */
export interface AuthorizationRule {
  /** Any of them. */
  readonly from: readonly { readonly source?: AuthorizationSource }[]
  /** Any of them. */
  readonly to: readonly { readonly operation?: AuthorizationOperation }[]
  /** All of them. */
  readonly when: readonly AuthorizationCondition[]
}

/** All fields that have entries must hold. A value is exact, `prefix*`, `*suffix` or `*` for anything that is there at all. */
export interface AuthorizationSource {
  /** SPIFFE identities of the peer, without scheme. */
  readonly principals: readonly string[]
  readonly notPrincipals: readonly string[]
  /** `issuer/subject` of the request's token. */
  readonly requestPrincipals: readonly string[]
  readonly notRequestPrincipals: readonly string[]
  readonly namespaces: readonly string[]
  readonly notNamespaces: readonly string[]
  /** `account` of the policy's namespace, or `namespace/account`; no wildcards. */
  readonly serviceAccounts: readonly string[]
  readonly notServiceAccounts: readonly string[]
  readonly trustDomains: readonly string[]
  readonly notTrustDomains: readonly string[]
  /** Address of the connection's other end, as address or CIDR. */
  readonly ipBlocks: readonly string[]
  readonly notIpBlocks: readonly string[]
  /** Address of the client as trusted headers tell it, as address or CIDR. */
  readonly remoteIpBlocks: readonly string[]
  readonly notRemoteIpBlocks: readonly string[]
}

export interface AuthorizationOperation {
  readonly hosts: readonly string[]
  readonly notHosts: readonly string[]
  /** Ports of the workload. */
  readonly ports: readonly string[]
  readonly notPorts: readonly string[]
  readonly methods: readonly string[]
  readonly notMethods: readonly string[]
  /** Also templates, whose segments may be `{*}` (one segment) and, at the end, `{**}` (any number). */
  readonly paths: readonly string[]
  readonly notPaths: readonly string[]
}

export interface AuthorizationCondition {
  /** `source.ip`, `request.headers[name]`, …: all that `conditionKey` knows. */
  readonly key: string
  readonly values: readonly string[]
  readonly notValues: readonly string[]
}
