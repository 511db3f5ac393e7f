import { isRecord, type JsonSchema } from '../shape/json-schema.ts'

/**
 * Content in the one notation that schemas know: proto3's JSON mapping also takes field names as the `.proto` file has them
 * (`source_labels`) and enums by number. What the schema does not foresee stays as it is, to be refused with its own name.
 */
export function canonical(schema: JsonSchema | undefined, value: unknown): unknown {
  if (schema === undefined) return value
  if (Array.isArray(value)) return value.map(item => canonical(schema.items, item))
  if (isRecord(value) && !(value instanceof Date)) return canonicalRecord(schema, value)
  return typeof value === 'number' ? (enumName(schema, value) ?? value) : value
}

function canonicalRecord(schema: JsonSchema, record: Readonly<Record<string, unknown>>): unknown {
  const { properties = {}, additionalProperties } = schema
  const rest = typeof additionalProperties === 'object' ? additionalProperties : undefined
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => {
      const name = Object.hasOwn(properties, key) ? key : known(camelCase(key), key, properties, record)
      return [name, canonical(properties[name] ?? rest, value)]
    }),
  )
}

/** Of two spellings of one field in a document the second one stays unknown: nobody could say which one is meant. */
function known(
  camel: string,
  key: string,
  properties: Readonly<Record<string, JsonSchema>>,
  record: Readonly<Record<string, unknown>>,
): string {
  return Object.hasOwn(properties, camel) && !Object.hasOwn(record, camel) ? camel : key
}

/** The names of an enum stand in the order of their numbers, unless the schema gives the numbers itself. */
function enumName(schema: JsonSchema, value: number): string | undefined {
  const numbers = schema['x-meshwork-enum-numbers']
  if (numbers === undefined) return schema.enum?.[value]
  return Object.keys(numbers).find(name => numbers[name] === value)
}

/** `source_labels` becomes `sourceLabels`. */
export function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
