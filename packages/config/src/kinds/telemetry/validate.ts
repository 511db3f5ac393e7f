import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkPolicyTarget } from '../rules/policy-target.ts'
import type { MetricOverride, TelemetrySpec, Tracing } from './type.ts'

export function validateTelemetry(spec: TelemetrySpec): readonly Violation[] {
  return [
    ...checkPolicyTarget(spec),
    ...spec.metrics.flatMap(({ overrides }, i) =>
      overrides.flatMap((override, k) => checkOverride(joinPath(`${joinPath('spec.metrics', i)}.overrides`, k), override)),
    ),
    ...spec.tracing.flatMap((tracing, i) => checkTags(`${joinPath('spec.tracing', i)}.customTags`, tracing)),
  ]
}

function checkOverride(path: string, { tagOverrides }: MetricOverride): readonly Violation[] {
  return Object.entries(tagOverrides).flatMap(([tag, { operation, value }]) => {
    const place = `${joinPath(`${path}.tagOverrides`, tag)}.value`
    if (operation === 'UPSERT' && value === '') return [violation(place, 'required', 'UPSERT needs an expression')]
    if (operation === 'REMOVE' && value !== '') return [violation(place, 'bad-combination', 'REMOVE has no value')]
    return []
  })
}

function checkTags(path: string, { customTags }: Tracing): readonly Violation[] {
  return Object.entries(customTags).flatMap(([tag, value]) => {
    if (tag === '') return [violation(path, 'required', 'a tag must have a name')]
    return Object.keys(value).length > 0 ? [] : [violation(joinPath(path, tag), 'required', 'must say where its value comes from')]
  })
}
