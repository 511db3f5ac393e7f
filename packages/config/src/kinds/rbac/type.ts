/** `rbac.istio.io/v1alpha1` of Istio 1.0. Lists of names take `*`, `prefix*` and `*suffix`. */
export interface ServiceRoleSpec {
  readonly rules: readonly AccessRule[]
}

export interface AccessRule {
  readonly services: readonly string[]
  /** Empty for all paths. */
  readonly paths: readonly string[]
  readonly methods: readonly string[]
  readonly constraints: readonly { readonly key: string; readonly values: readonly string[] }[]
}

export type EnforcementMode = 'ENFORCED' | 'PERMISSIVE'

export interface ServiceRoleBindingSpec {
  readonly subjects: readonly RoleSubject[]
  readonly roleRef: { readonly kind: string; readonly name: string }
  readonly mode: EnforcementMode
}

export interface RoleSubject {
  readonly user: string
  readonly group: string
  readonly properties: Readonly<Record<string, string>>
}

export interface RbacTarget {
  readonly services: readonly string[]
  readonly namespaces: readonly string[]
}

export interface RbacConfigSpec {
  readonly mode: 'OFF' | 'ON' | 'ON_WITH_INCLUSION' | 'ON_WITH_EXCLUSION'
  readonly inclusion?: RbacTarget
  readonly exclusion?: RbacTarget
  readonly enforcementMode: EnforcementMode
}
