import type { JsonSchema } from '../kinds/shape/json-schema.ts'

/** A rule in Kubernetes' expression language, checked by the API server. */
export interface ValidationRule {
  readonly rule: string
  readonly message: string
}

/** `JSONSchemaProps` of apiextensions.k8s.io/v1, as far as a structural schema may go: every value has a type, nothing refers. */
export interface StructuralSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly description?: string
  readonly format?: string
  readonly properties?: Readonly<Record<string, StructuralSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: StructuralSchema
  readonly items?: StructuralSchema
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxProperties?: number
  readonly pattern?: string
  readonly 'x-kubernetes-int-or-string'?: true
  readonly 'x-kubernetes-preserve-unknown-fields'?: true
  readonly 'x-kubernetes-list-type'?: 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[]
}

/** Keywords that mean the same in every dialect. */
const SHARED = [
  'type',
  'required',
  'enum',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'maxProperties',
  'pattern',
] as const
const KUBERNETES = ['x-kubernetes-int-or-string', 'x-kubernetes-preserve-unknown-fields'] as const

type Keywords<K extends keyof JsonSchema> = Readonly<Record<string, NonNullable<JsonSchema[K]>>>

/** What a schema says by keywords that every dialect has. */
export function sharedKeywords(schema: JsonSchema): Keywords<(typeof SHARED)[number]> {
  return keywordsOf(schema, SHARED)
}

/**
 * The schema of a kind as API servers take it. What it cannot say is left to admission: formats of ours (`duration`, `ip`) become
 * plain texts, and unknown fields, which API servers drop or refuse by themselves, need no word.
 */
export function structuralSchema(schema: JsonSchema): StructuralSchema {
  const description = descriptionOf(schema)
  const rules = rulesOf(schema)
  return {
    ...(description !== '' && { description }),
    ...sharedKeywords(schema),
    ...keywordsOf(schema, KUBERNETES),
    ...membersOf(schema),
    ...(rules.length > 0 && { 'x-kubernetes-validations': rules }),
  }
}

/** What the schema says for people, with the fate of outdated fields. */
export function descriptionOf(schema: JsonSchema): string {
  const { description, 'x-meshwork-deprecated': instead, 'x-meshwork-unused': reason } = schema
  return [description, instead && `Deprecated: ${instead}.`, reason && `Without effect: ${reason}.`].filter(Boolean).join(' ')
}

function keywordsOf<K extends keyof JsonSchema>(schema: JsonSchema, keywords: readonly K[]): Keywords<K> {
  return Object.fromEntries(keywords.flatMap(keyword => (schema[keyword] === undefined ? [] : [[keyword, schema[keyword]]])))
}

function membersOf({ properties, additionalProperties, items }: JsonSchema): StructuralSchema {
  const rest = typeof additionalProperties === 'object' ? { additionalProperties: structuralSchema(additionalProperties) } : {}
  return {
    // Properties and additionalProperties exclude each other in structural schemas.
    // API servers drop an empty list of fields, and would see a change whenever it is written again.
    ...(properties !== undefined && Object.keys(properties).length > 0 && { properties: mapped(properties, structuralSchema) }),
    ...(properties === undefined && rest),
    ...(items !== undefined && { items: structuralSchema(items) }),
  }
}

/**
 * An API server bounds what it estimates a rule to cost, times the number of items that fit into an object: longer lists of names
 * would make it refuse the whole definition, and are left to admission.
 */
const MOST_NAMES = 6

function rulesOf({ 'x-meshwork-at-most-one': groups = [], 'x-meshwork-at-least-one': some = [] }: JsonSchema): readonly ValidationRule[] {
  const atMost = groups.map(names => ({ names, rule: `${countOf(names)} <= 1`, message: `only one of ${names.join(', ')} may be set` }))
  const atLeast =
    some.length === 0 ? [] : [{ names: some, rule: `${countOf(some)} >= 1`, message: `one of ${some.join(', ')} must be set` }]
  return [...atMost, ...atLeast].filter(({ names }) => names.length <= MOST_NAMES).map(({ rule, message }) => ({ rule, message }))
}

function countOf(names: readonly string[]): string {
  return names.map(name => `(has(self.${name}) ? 1 : 0)`).join(' + ')
}

function mapped<A, B>(record: Readonly<Record<string, A>>, convert: (value: A) => B): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, convert(value)]))
}
