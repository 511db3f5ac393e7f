/** A rule of a Role or ClusterRole of rbac.authorization.k8s.io/v1. */
export interface RoleRule {
  readonly apiGroups: readonly string[]
  /** `pods`, `pods/status`, `*`, `*` with a subresource. */
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

/** What one account asked an API server for, as its audit log tells it (audit.k8s.io/v1 Event). */
export interface AskedFor {
  readonly verb: string
  readonly apiGroup: string
  /** With the subresource: `pods/status`. */
  readonly resource: string
}

const CREATED = 201
const ACCOUNT = 'system:serviceaccount:'

/** What each service account with one of these names asked for, by the lines of an audit log; each right once. */
export function askedByAccounts(auditLog: string, names: ReadonlySet<string>): ReadonlyMap<string, readonly AskedFor[]> {
  const asked = new Map<string, Map<string, AskedFor>>()
  for (const line of auditLog.split('\n')) {
    if (!line.includes(ACCOUNT)) continue
    const { verb, user, objectRef, responseStatus } = JSON.parse(line)
    const name = String(user?.username).startsWith(ACCOUNT) ? String(user.username).split(':')[3] : undefined
    if (name === undefined || !names.has(name) || objectRef === undefined) continue
    const { apiGroup = '', resource, subresource } = objectRef
    const place = { apiGroup, resource: subresource === undefined ? resource : `${resource}/${subresource}` }
    const ofAccount = asked.get(name) ?? new Map<string, AskedFor>()
    asked.set(name, ofAccount)
    for (const right of rightsFor(verb, responseStatus?.code))
      ofAccount.set(`${right} ${apiGroup} ${place.resource}`, { verb: right, ...place })
  }
  return new Map([...asked].map(([name, rights]) => [name, [...rights.values()]]))
}

/** To apply what is not there takes the right to create it, too. */
function rightsFor(verb: string, status: unknown): readonly string[] {
  return verb === 'patch' && status === CREATED ? ['patch', 'create'] : [verb]
}

/**
 * Each group of resources and each verb of a role that nobody used, as `verb group/resource`. A rule for all resources of a group is used
 * by one of them.
 */
export function unusedRights(rules: readonly RoleRule[], asked: readonly AskedFor[]): readonly string[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap(group =>
      resources.flatMap(resource =>
        verbs
          .filter(verb => !asked.some(use => use.verb === verb && use.apiGroup === group && covers(resource, use.resource)))
          .map(verb => `${verb} ${group === '' ? 'core' : group}/${resource}`),
      ),
    ),
  )
}

/** As the authorizer of Kubernetes reads it: `*` is everything, and `*` with a subresource that of everything. */
function covers(rule: string, resource: string): boolean {
  if (rule === '*' || rule === resource) return true
  const [, subresource] = resource.split('/')
  return subresource !== undefined && rule === `*/${subresource}`
}
