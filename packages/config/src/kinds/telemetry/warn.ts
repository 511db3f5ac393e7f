import { parseTagExpression } from '@meshwork/core/metrics'
import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { warnPolicyTarget } from '../rules/policy-target.ts'
import { parseLogExpression } from './log-expression.ts'
import type { MetricOverride, TelemetrySpec } from './type.ts'

/** What proxies cannot do yet: said here, because it is passed over there. */
export function warnTelemetry(spec: TelemetrySpec): readonly Violation[] {
  return [
    ...warnPolicyTarget(spec),
    ...spec.accessLogging.flatMap(({ filter }, i) =>
      warnFilter(`${joinPath('spec.accessLogging', i)}.filter.expression`, filter?.expression),
    ),
    ...spec.metrics.flatMap(({ overrides }, i) =>
      overrides.flatMap((override, k) => warnOverride(joinPath(`${joinPath('spec.metrics', i)}.overrides`, k), override)),
    ),
    ...spec.tracing.flatMap(({ customTags }, i) =>
      Object.entries(customTags).flatMap(([tag, { formatter }]) =>
        formatter === undefined
          ? []
          : [violation(`${joinPath('spec.tracing', i)}.customTags.${tag}.formatter`, 'no-effect', 'tags from format strings are not made')],
      ),
    ),
    ...several(
      'spec.tracing',
      spec.tracing.map(({ providers }) => providers.length),
    ),
  ]
}

function warnFilter(path: string, expression: string | undefined): readonly Violation[] {
  if (expression === undefined || expression === '' || parseLogExpression(expression) !== undefined) return []
  return [
    violation(
      path,
      'unsupported-expression',
      'is not understood, so everything is logged',
      'compare response.code or request.headers, put together with && and ||',
    ),
  ]
}

function warnOverride(path: string, { match, tagOverrides }: MetricOverride): readonly Violation[] {
  const custom =
    match.customMetric === undefined
      ? []
      : [violation(`${path}.match.customMetric`, 'no-effect', 'only the standard metrics can be changed')]
  const tags = Object.entries(tagOverrides).flatMap(([tag, { operation, value }]) =>
    operation === 'REMOVE' || value === '' || parseTagExpression(value) !== undefined
      ? []
      : [
          violation(
            `${joinPath(`${path}.tagOverrides`, tag)}.value`,
            'unsupported-expression',
            `'${value}' is not understood, so the tag is not set`,
            "write a text in quotes, an attribute such as request.method, or request.headers['name']",
          ),
        ],
  )
  return [...custom, ...tags]
}

function several(path: string, counts: readonly number[]): readonly Violation[] {
  return counts.flatMap((count, i) =>
    count > 1 ? [violation(`${joinPath(path, i)}.providers`, 'no-effect', 'spans go to the first provider only')] : [],
  )
}
