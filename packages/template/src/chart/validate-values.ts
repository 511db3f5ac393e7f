import { MeshError, messageOf } from '@meshwork/core/result'
import { Ajv } from 'ajv'

import { isMap, ownValue } from '../engine/values.ts'
import type { TemplateMap } from '../engine/values.ts'
import { toJson } from '../yaml/to-json.ts'
import type { Chart } from './chart.ts'

/** Checks values by the values.schema.json of a chart and of its sub-charts. Throws VALUES_INVALID that names every path. */
export function validateValues(chart: Chart, values: TemplateMap): void {
  const violations = violationsOf(chart, values, '')
  if (violations.length === 0) return
  throw new MeshError('VALUES_INVALID', `values don't meet the chart's schema:\n${violations.map(line => `- ${line}`).join('\n')}`, {
    source: 'config',
    nextStep: 'correct the values that are named; values.schema.json says what is allowed',
  })
}

function violationsOf(chart: Chart, values: TemplateMap, prefix: string): string[] {
  const own = chart.schema === undefined ? [] : schemaViolations(chart.schema, values, chart.metadata.name, prefix)
  return own.concat(
    chart.dependencies.flatMap(sub => {
      const inner = ownValue(values, sub.metadata.name)
      return violationsOf(sub, isMap(inner) ? inner : {}, `${prefix}${sub.metadata.name}.`)
    }),
  )
}

function schemaViolations(schema: string, values: TemplateMap, chart: string, prefix: string): string[] {
  const validate = compile(schema, chart)
  // By way of JSON: integers of `--set` are bigints here and numbers there.
  if (validate(JSON.parse(toJson(values)))) return []
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const path = prefix + instancePath.slice(1).replaceAll('/', '.')
    const detail = 'additionalProperty' in params ? `: ${String(params['additionalProperty'])}` : ''
    return `${path === '' ? '(root)' : path}: ${message ?? 'is invalid'}${detail}`
  })
}

function compile(schema: string, chart: string): ReturnType<Ajv['compile']> {
  try {
    const { $schema: _, ...rules }: Record<string, unknown> = JSON.parse(schema)
    return new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(rules)
  } catch (thrown) {
    throw new MeshError('CHART_INVALID', `values.schema.json of chart ${chart}: ${messageOf(thrown)}`, {
      source: 'config',
      nextStep: 'correct the schema',
    })
  }
}
