import type { SubstitutionFormatString } from '@meshwork/protos/envoy/config/core/v3/substitution_format_string'
import type { JsonTemplate, SubstitutionFormat } from '../model/substitution-format.ts'
import { inlineText } from './data-source.ts'
import type { Report } from './report.ts'

/** null: none is given. */
export function decodeSubstitutionFormat(proto: SubstitutionFormatString, report: Report): SubstitutionFormat | null {
  const { format, omitEmptyValues: omitEmpty } = proto
  switch (format?.$case) {
    case 'textFormat':
      return { kind: 'text', template: format.value, omitEmpty }
    case 'textFormatSource':
      return { kind: 'text', template: inlineText(format.value, report.at('text_format_source')), omitEmpty }
    case 'jsonFormat':
      return { kind: 'json', fields: decodeJsonTemplate(format.value), omitEmpty }
    case undefined:
      return null
  }
}

/** A `google.protobuf.Struct` as the codec gives it: plain JSON values. */
export function decodeJsonTemplate(struct: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, JsonTemplate>> {
  return Object.fromEntries(Object.entries(struct ?? {}).map(([name, value]) => [name, templateOf(value)]))
}

function templateOf(value: unknown): JsonTemplate {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(templateOf)
  if (typeof value !== 'object' || value === null) return null
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, templateOf(inner)]))
}
