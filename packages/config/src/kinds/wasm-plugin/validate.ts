import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkPolicyTarget } from '../rules/policy-target.ts'
import type { WasmPluginSpec } from './type.ts'

const SCHEMES: ReadonlySet<string> = new Set(['oci:', 'http:', 'https:', 'file:'])

export function validateWasmPlugin(spec: WasmPluginSpec): readonly Violation[] {
  const variables = spec.environment.flatMap(({ name, valueFrom, value }, i) => {
    const path = joinPath('spec.vmConfig.env', i)
    const twice = spec.environment.findIndex(other => other.name === name) < i
    return [
      ...(twice ? [violation(`${path}.name`, 'duplicate', `'${name}' is set twice`)] : []),
      ...(valueFrom === 'HOST' && value !== '' ? [violation(`${path}.value`, 'bad-value', 'must not be set with valueFrom HOST')] : []),
    ]
  })
  return [...checkPolicyTarget(spec), ...checkUrl(spec.url), ...variables]
}

function checkUrl(text: string): readonly Violation[] {
  const url = URL.parse(text.includes('://') ? text : `oci://${text}`)
  if (url === null) return [violation('spec.url', 'bad-url', `'${text}' is not a URL`)]
  return SCHEMES.has(url.protocol) ? [] : [violation('spec.url', 'bad-url', `the scheme of '${text}' is none of oci, http, https, file`)]
}

export function warnOfWasm(): readonly Violation[] {
  const hint = 'write the filter in TypeScript: docs/filters.md'
  return [violation('', 'not-supported', 'has no effect here: proxies do not run WebAssembly', hint)]
}
