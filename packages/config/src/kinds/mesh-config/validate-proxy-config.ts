import { joinPath, violation, type Violation } from '@meshwork/core/result'
import type { MeshCustomTag, MeshProxyConfig, MeshTracing } from './proxy-config-type.ts'
import { checkAddress } from './validate-address.ts'

export function validateProxyConfig(path: string, { tracing }: MeshProxyConfig): readonly Violation[] {
  return validateTracing(`${path}.tracing`, tracing)
}

function validateTracing(path: string, { zipkin, sampling, customTags }: MeshTracing): readonly Violation[] {
  const range = sampling < 0 || sampling > 100 ? [violation(`${path}.sampling`, 'out-of-range', 'must be from 0 to 100')] : []
  const tags = Object.entries(customTags).flatMap(([name, tag]) => validateTag(joinPath(`${path}.customTags`, name), tag))
  return [...range, ...tags, ...checkAddress(`${path}.zipkin.address`, zipkin.address)]
}

function validateTag(path: string, { literal, environment, header }: MeshCustomTag): readonly Violation[] {
  if (literal !== undefined) return literal.value === '' ? [violation(`${path}.literal.value`, 'required', 'must not be empty')] : []
  const named = environment ?? header
  if (named === undefined) return [violation(path, 'required', 'must have literal, environment or header')]
  return named.name === '' ? [violation(path, 'required', 'the name must not be empty')] : []
}
