import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { isRecord, type JsonSchema } from '../shape/json-schema.ts'

/** Warnings about fields that are set although the schema marks them as outdated or without effect. */
export function fieldWarnings(schema: JsonSchema, content: unknown, path: string): readonly Violation[] {
  const warnings: Violation[] = []
  collect(schema, content, path, warnings)
  return warnings
}

function collect(schema: JsonSchema, value: unknown, path: string, warnings: Violation[]): void {
  const { 'x-meshwork-deprecated': deprecated, 'x-meshwork-unused': unused } = schema
  if (deprecated !== undefined) warnings.push(violation(path, 'deprecated-field', 'is deprecated', deprecated))
  if (unused !== undefined) warnings.push(violation(path, 'no-effect', `has no effect here: ${unused}`))
  if (Array.isArray(value)) {
    const { items } = schema
    if (items !== undefined) for (const [i, item] of value.entries()) collect(items, item, joinPath(path, i), warnings)
    return
  }
  if (!isRecord(value)) return
  const { properties = {}, additionalProperties } = schema
  for (const [name, child] of Object.entries(value)) {
    const inner = Object.hasOwn(properties, name) ? properties[name] : additionalProperties
    if (typeof inner === 'object') collect(inner, child, joinPath(path, name), warnings)
  }
}
