import type { SubstitutionFormatString } from '@meshwork/protos/envoy/config/core/v3/substitution_format_string'
import type { JsonTemplate, SubstitutionFormat } from '../model/substitution-format.ts'
import { formatProblem, jsonFormatProblem } from '../telemetry/format-problem.ts'
import { inlineText } from './data-source.ts'
import type { Report } from './report.ts'

/** null: none is given. */
export function decodeSubstitutionFormat(proto: SubstitutionFormatString, report: Report): SubstitutionFormat | null {
  const { format, omitEmptyValues: omitEmpty } = proto
  switch (format?.$case) {
    case 'textFormat':
      return textFormat(format.value, omitEmpty, report.at('text_format'))
    case 'textFormatSource': {
      const at = report.at('text_format_source')
      return textFormat(inlineText(format.value, at), omitEmpty, at)
    }
    case 'jsonFormat':
      return jsonFormat(format.value, omitEmpty, report.at('json_format'))
    case undefined:
      return null
  }
}

export function textFormat(template: string, omitEmpty: boolean, report: Report): SubstitutionFormat {
  refuseProblem(formatProblem(template), report)
  return { kind: 'text', template, omitEmpty }
}

export function jsonFormat(struct: Readonly<Record<string, unknown>> | undefined, omitEmpty: boolean, report: Report): SubstitutionFormat {
  const fields = decodeJsonTemplate(struct)
  refuseProblem(jsonFormatProblem(fields), report)
  return { kind: 'json', fields, omitEmpty }
}

function refuseProblem(problem: string, report: Report): void {
  if (problem !== '') report.refuse('bad-format', problem)
}

/** A `google.protobuf.Struct` as the codec gives it: plain JSON values. */
function decodeJsonTemplate(struct: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, JsonTemplate>> {
  return Object.fromEntries(Object.entries(struct ?? {}).map(([name, value]) => [name, templateOf(value)]))
}

function templateOf(value: unknown): JsonTemplate {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(templateOf)
  if (typeof value !== 'object' || value === null) return null
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, templateOf(inner)]))
}
