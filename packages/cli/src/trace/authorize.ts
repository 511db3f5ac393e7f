import { type AuthorizationOperation, type AuthorizationRule, type AuthorizationSource, type ObjectOf } from '@meshwork/config/kinds'
import { authorityOf, type TracedRequest } from './request.ts'

/** What a server knows of a request when it applies policies. */
export interface Asked {
  readonly request: TracedRequest
  /** `cluster.local/ns/default/sa/productpage`; undefined for plain text. */
  readonly principal: string | undefined
  readonly namespace: string | undefined
  /** Port of the workload. */
  readonly port: number
  /** HTTP: methods, paths, hosts and headers are known. */
  readonly http: boolean
}

/** Why a rule does not hold; undefined if it does. */
export function reasonAgainstRule(rule: AuthorizationRule, asked: Asked): string | undefined {
  return (
    anyOf(rule.from.map(({ source }) => sourceReason(source, asked))) ??
    anyOf(rule.to.map(({ operation }) => operationReason(operation, asked))) ??
    rule.when.map(condition => conditionReason(condition, asked)).find(reason => reason !== undefined)
  )
}

/** Entries of a list are alternatives; an empty list demands nothing. */
function anyOf(reasons: readonly (string | undefined)[]): string | undefined {
  return reasons.length === 0 || reasons.includes(undefined) ? undefined : reasons[0]
}

function sourceReason(source: AuthorizationSource | undefined, { principal, namespace }: Asked): string | undefined {
  if (source === undefined) return undefined
  const account = /\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(principal ?? '')
  return (
    listReason('the caller', principal, source.principals, source.notPrincipals) ??
    listReason("the caller's namespace", namespace, source.namespaces, source.notNamespaces) ??
    listReason(
      "the caller's account",
      account === null ? undefined : `${account[1]}/${account[2]}`,
      source.serviceAccounts,
      source.notServiceAccounts,
    ) ??
    listReason("the token's principal", undefined, source.requestPrincipals, source.notRequestPrincipals) ??
    (source.ipBlocks.length + source.remoteIpBlocks.length > 0 ? 'it is about addresses, which a trace does not know' : undefined)
  )
}

function operationReason(operation: AuthorizationOperation | undefined, { request, port, http }: Asked): string | undefined {
  if (operation === undefined) return undefined
  const ofHttp = [operation.methods, operation.paths, operation.hosts, operation.notMethods, operation.notPaths, operation.notHosts]
  if (!http && ofHttp.some(list => list.length > 0)) return 'it is about HTTP, and the port speaks TCP'
  return (
    listReason('the method', request.method, operation.methods, operation.notMethods) ??
    listReason('the path', request.path, operation.paths, operation.notPaths) ??
    listReason('the host', authorityOf(request), operation.hosts, operation.notHosts) ??
    listReason('the port', String(port), operation.ports, operation.notPorts)
  )
}

function conditionReason({ key, values, notValues }: AuthorizationRule['when'][number], asked: Asked): string | undefined {
  const header = /^request\.headers\[([^\]]+)\]$/.exec(key)?.[1]?.toLowerCase()
  if (header !== undefined) return listReason(`the header ${header}`, asked.request.headers.get(header), values, notValues)
  if (key === 'source.principal') return listReason('the caller', asked.principal, values, notValues)
  if (key === 'source.namespace') return listReason("the caller's namespace", asked.namespace, values, notValues)
  if (key === 'destination.port') return listReason('the port', String(asked.port), values, notValues)
  return `it depends on ${key}, which a trace does not know`
}

function listReason(what: string, value: string | undefined, wanted: readonly string[], unwanted: readonly string[]): string | undefined {
  const shown = value === undefined ? 'is not known' : `is ${value}`
  if (wanted.length > 0 && (value === undefined || !wanted.some(pattern => fits(pattern, value))))
    return `${what} ${shown}, not ${wanted.join(' or ')}`
  if (value !== undefined && unwanted.some(pattern => fits(pattern, value))) return `${what} ${shown}, which is excepted`
  return undefined
}

/** Exact, `prefix*`, `*suffix`, `*`, and paths with `{*}` and `{**}`. */
function fits(pattern: string, value: string): boolean {
  const bare = value.replace(/^spiffe:\/\//, '')
  if (pattern === '*') return value !== ''
  if (pattern.includes('{')) return templateFits(pattern, value)
  if (pattern.startsWith('*')) return bare.endsWith(pattern.slice(1))
  return pattern.endsWith('*') ? bare.startsWith(pattern.slice(0, -1)) : bare === pattern
}

function templateFits(pattern: string, value: string): boolean {
  const parts = pattern.split(/(\{\*\*?\})/).map(part => {
    if (part === '{*}') return '[^/]+'
    return part === '{**}' ? '.*' : part.replaceAll(/[.?+^$()[\]{}|\\*]/g, String.raw`\$&`)
  })
  return new RegExp(`^${parts.join('')}$`).test(value)
}

/** Policies of one action, with their index of rule where one holds. */
export interface Verdict {
  readonly policy: ObjectOf<'AuthorizationPolicy'>
  /** Place of the rule that holds; undefined if none does. */
  readonly rule: number | undefined
  /** Why each rule before it, or all, did not hold. */
  readonly reasons: readonly string[]
}

export function verdictOf(policy: ObjectOf<'AuthorizationPolicy'>, asked: Asked): Verdict {
  const reasons: string[] = []
  for (const [i, rule] of policy.spec.rules.entries()) {
    const reason = reasonAgainstRule(rule, asked)
    if (reason === undefined) return { policy, rule: i, reasons }
    reasons.push(reason)
  }
  return { policy, rule: undefined, reasons }
}
