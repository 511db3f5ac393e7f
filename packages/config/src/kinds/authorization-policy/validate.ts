import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkPolicyTarget } from '../rules/policy-target.ts'
import { checkPort, checkSubnet } from '../rules/network.ts'
import { pathPattern } from './path-template.ts'
import type { AuthorizationOperation, AuthorizationPolicySpec, AuthorizationRule, AuthorizationSource } from './type.ts'
import { checkCustomRule } from './validate-custom.ts'
import { checkConditionOf } from './validate-condition.ts'

export function validateAuthorizationPolicy(spec: AuthorizationPolicySpec): readonly Violation[] {
  return [
    ...checkPolicyTarget(spec),
    ...checkAction(spec),
    ...spec.rules.flatMap((rule, i) => checkRule(joinPath('spec.rules', i), rule)),
    ...(spec.action === 'CUSTOM' ? spec.rules.flatMap((rule, i) => checkCustomRule(joinPath('spec.rules', i), rule)) : []),
  ]
}

function checkAction({ action, provider, rules }: AuthorizationPolicySpec): readonly Violation[] {
  const violations: Violation[] = []
  if ((action === 'DENY' || action === 'CUSTOM') && rules.length === 0) {
    violations.push(violation('spec.rules', 'required', `${action} without rules never matches`, 'add the rule {} to match every request'))
  }
  if (action === 'CUSTOM' && (provider === undefined || provider.name === '')) {
    violations.push(violation('spec.provider.name', 'required', 'CUSTOM needs the name of an extension provider'))
  }
  if (action !== 'CUSTOM' && provider !== undefined) {
    violations.push(violation('spec.provider', 'bad-combination', `${action} has no provider; only CUSTOM has`))
  }
  return violations
}

function checkRule(path: string, { from, to, when }: AuthorizationRule): readonly Violation[] {
  return [
    ...from.flatMap(({ source }, i) => checkSource(joinPath(joinPath(`${path}.from`, i), 'source'), source)),
    ...to.flatMap(({ operation }, i) => checkOperation(joinPath(joinPath(`${path}.to`, i), 'operation'), operation)),
    ...when.flatMap((condition, i) => checkConditionOf(joinPath(`${path}.when`, i), condition)),
  ]
}

function checkSource(path: string, source: AuthorizationSource | undefined): readonly Violation[] {
  if (source === undefined) return [violation(path, 'required', 'must be set')]
  const { serviceAccounts, notServiceAccounts, principals, notPrincipals, namespaces, notNamespaces } = source
  const violations = [...checkFields(path, source)]
  const accounts = [...serviceAccounts, ...notServiceAccounts]
  if (accounts.length > 0 && [...principals, ...notPrincipals, ...namespaces, ...notNamespaces].length > 0) {
    violations.push(violation(path, 'bad-combination', 'serviceAccounts cannot stand beside principals or namespaces'))
  }
  for (const field of ['serviceAccounts', 'notServiceAccounts'] as const) {
    violations.push(...source[field].flatMap((account, i) => checkAccount(joinPath(`${path}.${field}`, i), account)))
  }
  for (const field of ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'] as const) {
    violations.push(...source[field].flatMap((block, i) => (block === '' ? [] : checkSubnet(joinPath(`${path}.${field}`, i), block))))
  }
  return violations
}

function checkAccount(path: string, account: string): readonly Violation[] {
  if (account === '') return []
  if (account.includes('*')) return [violation(path, 'bad-account', 'has no wildcards')]
  return account.split('/').length <= 2 && !account.split('/').includes('')
    ? []
    : [violation(path, 'bad-account', `'${account}' is neither 'account' nor 'namespace/account'`)]
}

function checkOperation(path: string, operation: AuthorizationOperation | undefined): readonly Violation[] {
  if (operation === undefined) return [violation(path, 'required', 'must be set')]
  const violations = [...checkFields(path, operation)]
  for (const field of ['ports', 'notPorts'] as const) {
    violations.push(...operation[field].flatMap((port, i) => checkPortText(joinPath(`${path}.${field}`, i), port)))
  }
  for (const field of ['paths', 'notPaths'] as const) {
    violations.push(...operation[field].flatMap((text, i) => checkPath(joinPath(`${path}.${field}`, i), text)))
  }
  return violations
}

function checkPortText(path: string, port: string): readonly Violation[] {
  return port === '' ? [] : checkPort(path, /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN)
}

function checkPath(path: string, text: string): readonly Violation[] {
  if (pathPattern(text) !== 'malformed') return []
  return [violation(path, 'bad-template', `'${text}' is no path template`, 'use {*} for one segment and {**} for all that follow')]
}

/** At least one field with entries, and no empty entry. */
function checkFields(path: string, fields: AuthorizationSource | AuthorizationOperation): readonly Violation[] {
  const lists: readonly (readonly [string, readonly string[]])[] = Object.entries(fields)
  if (lists.every(([, values]) => values.length === 0)) return [violation(path, 'required', 'must have at least one field with entries')]
  return lists.flatMap(([name, values]) => checkEntries(`${path}.${name}`, values))
}

function checkEntries(path: string, values: readonly string[]): readonly Violation[] {
  return values.flatMap((value, i) => (value === '' ? [violation(joinPath(path, i), 'required', 'must not be empty')] : []))
}
