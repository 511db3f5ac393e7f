import {
  type AuthorizationCondition,
  type AuthorizationOperation,
  type AuthorizationRule,
  type AuthorizationSource,
  type ConditionKey,
  conditionKey,
} from '@meshwork/config/kinds'
import { type Permission, Policy, type Principal } from '@meshwork/protos/envoy/config/rbac/v3/rbac'
import { allFields, type Doubt, PERMISSIONS, type PolicyField, PRINCIPALS } from './algebra.ts'
import * as permissions from './permissions.ts'
import * as principals from './principals.ts'

/** Where a rule is enforced, which decides what it can know. */
export interface RulePlace {
  /** Requests are seen, not only connections. */
  readonly http: boolean
  readonly doubt: Doubt
  /** Namespace of the policy. */
  readonly namespace: string
  readonly trustDomains: readonly string[]
}

/** A rule as a policy of Envoy; undefined if it can never match here. */
export function buildRule(rule: AuthorizationRule, place: RulePlace): Policy | undefined {
  const when = splitConditions(rule.when, place)
  if (when === undefined) return undefined
  const operations = rule.to.length === 0 ? [undefined] : rule.to.map(({ operation }) => operation)
  const sources = rule.from.length === 0 ? [undefined] : rule.from.map(({ source }) => source)
  const permitted: Permission[] = []
  for (const operation of operations) {
    const built = allFields([...operationFields(operation, place), ...when.permissions], PERMISSIONS, place.doubt)
    if (built === undefined) return undefined
    permitted.push(built)
  }
  const identified: Principal[] = []
  for (const source of sources) {
    const built = allFields([...sourceFields(source, place), ...when.principals], PRINCIPALS, place.doubt)
    if (built === undefined) return undefined
    identified.push(built)
  }
  return Policy.fromPartial({ permissions: permitted, principals: identified })
}

function operationFields(operation: AuthorizationOperation | undefined, { http }: RulePlace): readonly PolicyField<Permission>[] {
  if (operation === undefined) return []
  const requests = (make: (value: string) => Permission): ((value: string) => Permission | undefined) => (http ? make : unknown)
  return [
    { values: operation.hosts, notValues: operation.notHosts, make: requests(permissions.requestHost) },
    { values: operation.ports, notValues: operation.notPorts, make: permissions.destinationPort },
    { values: operation.methods, notValues: operation.notMethods, make: requests(permissions.requestMethod) },
    { values: operation.paths, notValues: operation.notPaths, make: requests(permissions.requestPath) },
  ]
}

function sourceFields(source: AuthorizationSource | undefined, place: RulePlace): readonly PolicyField<Principal>[] {
  if (source === undefined) return []
  const { trustDomains, namespace, http } = place
  return [
    { values: source.principals, notValues: source.notPrincipals, make: value => principals.peerNamed(value, trustDomains) },
    {
      values: source.requestPrincipals,
      notValues: source.notRequestPrincipals,
      make: http ? principals.tokenPrincipal : unknown,
    },
    { values: source.namespaces, notValues: source.notNamespaces, make: principals.peerInNamespace },
    {
      values: source.serviceAccounts,
      notValues: source.notServiceAccounts,
      make: value => principals.peerAccount(value, namespace),
    },
    {
      values: source.trustDomains,
      notValues: source.notTrustDomains,
      make: value => principals.peerInTrustDomain(value, trustDomains),
    },
    { values: source.ipBlocks, notValues: source.notIpBlocks, make: principals.directAddress },
    { values: source.remoteIpBlocks, notValues: source.notRemoteIpBlocks, make: principals.remoteAddress },
  ]
}

/** What nobody can tell here. */
function unknown(): undefined {
  return undefined
}

interface SplitConditions {
  readonly permissions: readonly PolicyField<Permission>[]
  readonly principals: readonly PolicyField<Principal>[]
}

/** Conditions are about who asks or about what is asked; both parts of a policy must hold, so each goes where it belongs. */
function splitConditions(conditions: readonly AuthorizationCondition[], place: RulePlace): SplitConditions | undefined {
  const split: { permissions: PolicyField<Permission>[]; principals: PolicyField<Principal>[] } = { permissions: [], principals: [] }
  for (const { key, values, notValues } of conditions) {
    const what = makerOf(key, place)
    if (what === undefined) {
      // Admission refuses keys that it does not know; one that came past it must not open anything.
      if (place.doubt === 'never-matches') return undefined
    } else if (what.about === 'permission') split.permissions.push({ values, notValues, make: what.make })
    else split.principals.push({ values, notValues, make: what.make })
  }
  return split
}

type Maker =
  | { readonly about: 'permission'; readonly make: (value: string) => Permission | undefined }
  | { readonly about: 'principal'; readonly make: (value: string) => Principal | undefined }

/** undefined for keys that nobody knows. */
function makerOf(text: string, place: RulePlace): Maker | undefined {
  const parsed = conditionKey(text)
  if (parsed.kind === 'err') return undefined
  const key = parsed.value
  switch (key.kind) {
    case 'destination.ip':
      return { about: 'permission', make: permissions.destinationAddress }
    case 'destination.port':
      return { about: 'permission', make: permissions.destinationPort }
    case 'connection.sni':
      return { about: 'permission', make: permissions.serverName }
    case 'filter-metadata':
      return { about: 'permission', make: value => permissions.filterMetadata(key.filter, key.key, value) }
    case 'source.ip':
      return { about: 'principal', make: principals.directAddress }
    case 'remote.ip':
      return { about: 'principal', make: principals.remoteAddress }
    case 'source.namespace':
      return { about: 'principal', make: principals.peerInNamespace }
    case 'source.serviceAccount':
      return { about: 'principal', make: value => principals.peerAccount(value, place.namespace) }
    case 'source.trustDomain':
      return { about: 'principal', make: value => principals.peerInTrustDomain(value, place.trustDomains) }
    case 'source.principal':
      return { about: 'principal', make: value => principals.peerNamed(value, place.trustDomains) }
    default:
      return { about: 'principal', make: place.http ? requestMaker(key) : unknown }
  }
}

type RequestKey = Extract<
  ConditionKey,
  { kind: 'header' | 'claim' | 'request.auth.principal' | 'request.auth.audiences' | 'request.auth.presenter' }
>

function requestMaker(key: RequestKey): (value: string) => Principal {
  switch (key.kind) {
    case 'header':
      return value => principals.requestHeader(key.name, value)
    case 'claim':
      return value => principals.tokenClaim(key.path, value)
    case 'request.auth.principal':
      return principals.tokenPrincipal
    case 'request.auth.audiences':
      return value => principals.tokenClaim(['aud'], value)
    case 'request.auth.presenter':
      return value => principals.tokenClaim(['azp'], value)
  }
}
