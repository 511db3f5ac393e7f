import type { JsonSchema, RawRecord } from './json-schema.ts'

/**
 * One description of a value that is used twice: `schema` decides whether a document is well-formed, `read` turns a well-formed
 * document into the typed value. `read` must only see values that `schema` accepted.
 */
export interface Shape<T> {
  readonly schema: JsonSchema
  readonly read: (value: unknown) => T
}

/** A member of an object. It may draw on several properties of the document (`percent` and `percentage.value`, say). */
export interface Field<T> {
  /** Schemas of the properties it reads; the key `''` stands for the member's own name. */
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly required: boolean
  readonly read: (record: RawRecord, name: string) => T
}

/** An absent value stays absent. */
export function optional<T>(shape: Shape<T>): Field<T | undefined> {
  return {
    properties: { '': shape.schema },
    required: false,
    read: (record, name) => (record[name] === undefined ? undefined : shape.read(record[name])),
  }
}

/** The document must have it. */
export function required<T>(shape: Shape<T>): Field<T> {
  return { properties: { '': shape.schema }, required: true, read: (record, name) => shape.read(record[name]) }
}

/** An absent value becomes `otherwise`. */
export function orElse<T>(shape: Shape<T>, otherwise: T): Field<T> {
  return {
    properties: { '': shape.schema },
    required: false,
    read: (record, name) => (record[name] === undefined ? otherwise : shape.read(record[name])),
  }
}

/** A member under another name than its property: `timeoutMs` from `timeout`. */
export function from<T>(property: string, field: Field<T>): Field<T> {
  const { '': own, ...others } = field.properties
  return {
    properties: own === undefined ? others : { ...others, [property]: own },
    required: field.required,
    read: record => field.read(record, property),
  }
}

/** A member computed from several properties, none of which is required. */
export function combined<A, T>(fields: FieldsOf<A>, combine: (parts: A) => T): Field<T> {
  const part = object<A>(fields)
  return { properties: part.schema.properties ?? {}, required: false, read: record => combine(part.read(record)) }
}

type FieldOf<T, K extends keyof T> = object extends Pick<T, K> ? Field<Required<T>[K] | undefined> : Field<T[K]>

/** A field for each member of `T`; members that may be absent take fields that may read nothing. */
export type FieldsOf<T> = { readonly [K in keyof T]-?: FieldOf<T, K> }

export interface ObjectOptions {
  /** Take and ignore properties that no field reads. For kinds of which the mesh reads only a part. */
  readonly open?: boolean
  /** Groups of properties of which at most one may be set. */
  readonly atMostOne?: readonly (readonly string[])[]
  /** Properties of which at least one must be set. */
  readonly atLeastOne?: readonly string[]
  /** Properties that are accepted without being read; made by `ignored`. */
  readonly ignored?: Readonly<Record<string, JsonSchema>>
}

/** Properties of these shapes that have no effect here, for the reason given. Setting one is a warning. */
export function ignored(reason: string, shapes: Readonly<Record<string, Shape<unknown>>>): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(Object.entries(shapes).map(([name, { schema }]) => [name, { ...schema, 'x-meshwork-unused': reason }]))
}

/** An object with exactly these members, frozen. */
export function object<T>(fields: FieldsOf<T>, options: ObjectOptions = {}): Shape<T> {
  // A mapped type over an unknown `T` cannot be iterated with its types; FieldsOf has checked every member at the call.
  const entries = Object.entries(fields) as [string, Field<unknown>][]
  const read = (value: unknown): T => {
    const record = value as RawRecord
    const members: [string, unknown][] = []
    for (const [name, field] of entries) {
      const member = field.read(record, name)
      if (member !== undefined) members.push([name, member])
    }
    return Object.freeze(Object.fromEntries(members)) as T
  }
  return { schema: objectSchema(entries, options), read }
}

function objectSchema(entries: readonly [string, Field<unknown>][], options: ObjectOptions): JsonSchema {
  const properties: Record<string, JsonSchema> = { ...options.ignored }
  const requiredNames: string[] = []
  for (const [name, field] of entries) {
    for (const [property, schema] of Object.entries(field.properties)) {
      properties[property === '' ? name : property] = schema
      if (field.required) requiredNames.push(property === '' ? name : property)
    }
  }
  return {
    type: 'object',
    properties,
    ...(requiredNames.length > 0 && { required: requiredNames }),
    ...(options.open === true ? { 'x-kubernetes-preserve-unknown-fields': true } : { additionalProperties: false }),
    ...(options.atMostOne !== undefined && { 'x-meshwork-at-most-one': options.atMostOne }),
    ...(options.atLeastOne !== undefined && { 'x-meshwork-at-least-one': options.atLeastOne }),
  }
}

/** The same document, another value. */
export function mapped<A, B>(shape: Shape<A>, convert: (value: A) => B): Shape<B> {
  return { schema: shape.schema, read: value => convert(shape.read(value)) }
}

/** The same value, with further conditions on the document. */
export function constrained<T>(shape: Shape<T>, conditions: JsonSchema): Shape<T> {
  return { schema: { ...shape.schema, ...conditions }, read: shape.read }
}

/** A member that still works, with what to write instead. Setting it is a warning. */
export function deprecated<T>(field: Field<T>, instead: string): Field<T> {
  return annotated(field, { 'x-meshwork-deprecated': instead })
}

/** A member that is accepted and has no effect, with the reason. Setting it is a warning. */
export function unused<T>(field: Field<T>, reason: string): Field<T> {
  return annotated(field, { 'x-meshwork-unused': reason })
}

function annotated<T>(field: Field<T>, annotation: JsonSchema): Field<T> {
  const properties = Object.entries(field.properties).map(([name, schema]) => [name, { ...schema, ...annotation }] as const)
  return { ...field, properties: Object.fromEntries(properties) }
}
