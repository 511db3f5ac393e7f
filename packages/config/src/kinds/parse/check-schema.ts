import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { isIP } from 'node:net'
import { isRecord, type JsonSchema } from '../shape/json-schema.ts'
import { parseDuration } from './duration.ts'
import { suggest } from './suggest.ts'

/** Checks documents against one schema and reports every violation. */
export type SchemaCheck = (document: unknown, root: string) => readonly Violation[]

/** More violations than anybody reads, and a bound on the work for a hostile document. */
const MOST_VIOLATIONS = 100

/** Compiled schemas. Several kinds have one schema: Mixer's short ones, for example. */
const compiledSchemas = new WeakMap<JsonSchema, ValidateFunction>()

/** Compiles on first use: a process that never sees a kind does not pay for its schema. */
export function schemaCheck(schema: JsonSchema): SchemaCheck {
  return (document, root) => {
    const compiled = compiledSchemas.get(schema) ?? compiler().compile(schema)
    compiledSchemas.set(schema, compiled)
    if (compiled(document)) return []
    return (compiled.errors ?? []).slice(0, MOST_VIOLATIONS).map(error => toViolation(error, root, document))
  }
}

/** Keywords that decide nothing about a document. */
const ANNOTATIONS = [
  'x-kubernetes-preserve-unknown-fields',
  'x-meshwork-enum-numbers',
  'x-meshwork-deprecated',
  'x-meshwork-unused',
] as const

function compiler(): Ajv {
  const ajv = new Ajv({ allErrors: true, verbose: true, strictTypes: false, allowUnionTypes: true })
  ajv.addFormat('duration', text => parseDuration(text) !== undefined)
  ajv.addFormat('ip', text => isIP(text) !== 0)
  for (const keyword of ANNOTATIONS) ajv.addKeyword(keyword)
  ajv.addKeyword({
    keyword: 'x-kubernetes-int-or-string',
    validate: (_: true, value: unknown) => typeof value === 'string' || Number.isInteger(value),
  })
  ajv.addKeyword({
    keyword: 'x-meshwork-at-most-one',
    type: 'object',
    validate: (groups: readonly string[][], value: object) => groups.every(group => group.filter(name => name in value).length <= 1),
  })
  ajv.addKeyword({
    keyword: 'x-meshwork-at-least-one',
    type: 'object',
    validate: (names: readonly string[], value: object) => names.some(name => name in value),
  })
  return ajv
}

function toViolation(error: ErrorObject, root: string, document: unknown): Violation {
  const path = pathOf(error.instancePath, root, document)
  return (MESSAGES[error.keyword] ?? otherwise)(error, path)
}

/** `/http/0/match` below `spec` is `spec.http[0].match`. */
function pathOf(pointer: string, root: string, document: unknown): string {
  let path = root
  let value = document
  for (const escaped of pointer.split('/').slice(1)) {
    const step = escaped.replaceAll('~1', '/').replaceAll('~0', '~')
    path = joinPath(path, Array.isArray(value) ? Number(step) : step)
    value = Array.isArray(value) ? value[Number(step)] : isRecord(value) ? value[step] : undefined
  }
  return path
}

type Message = (error: ErrorObject, path: string) => Violation

const otherwise: Message = (error, path) => violation(path, 'malformed', error.message ?? 'is malformed')

const MESSAGES: Readonly<Record<string, Message>> = {
  additionalProperties: unknownField,
  type: ({ data, params }, path) => violation(path, 'wrong-type', `must be ${withArticle(String(params['type']))}, not ${describe(data)}`),
  required: ({ params }, path) => violation(joinPath(path, String(params['missingProperty'])), 'missing-field', 'is required'),
  enum: unknownValue,
  minimum: ({ data, params }, path) => violation(path, 'out-of-range', `${String(data)} is below ${String(params['limit'])}`),
  maximum: ({ data, params }, path) => violation(path, 'out-of-range', `${String(data)} is above ${String(params['limit'])}`),
  minItems: (_, path) => violation(path, 'empty', 'must have at least one entry'),
  maxItems: ({ params }, path) => violation(path, 'too-many', `must not have more than ${String(params['limit'])} entries`),
  minLength: (_, path) => violation(path, 'empty', 'must not be empty'),
  maxLength: ({ params }, path) => violation(path, 'too-long', `must not be longer than ${String(params['limit'])} characters`),
  format: badFormat,
  'x-kubernetes-int-or-string': ({ data }, path) =>
    violation(path, 'wrong-type', `must be a whole number or a text, not ${describe(data)}`),
  'x-meshwork-at-most-one': tooManyOfOne,
  'x-meshwork-at-least-one': noneOfSome,
}

function unknownField({ params, parentSchema }: ErrorObject, path: string): Violation {
  const name = String(params['additionalProperty'])
  const known = isRecord(parentSchema?.['properties']) ? Object.keys(parentSchema['properties']) : []
  const nearest = suggest(name, known)
  return violation(joinPath(path, name), 'unknown-field', `unknown field '${name}'`, nearest && `did you mean '${nearest}'?`)
}

function unknownValue({ data, params }: ErrorObject, path: string): Violation {
  const allowed = Array.isArray(params['allowedValues']) ? params['allowedValues'].map(String) : []
  const nearest = typeof data === 'string' ? suggest(data, allowed) : undefined
  const hint = nearest === undefined ? undefined : `did you mean '${nearest}'?`
  return violation(path, 'unknown-value', `${JSON.stringify(data)} is not one of ${allowed.join(', ')}`, hint)
}

function badFormat({ data, params }: ErrorObject, path: string): Violation {
  if (params['format'] === 'duration')
    return violation(path, 'bad-duration', `'${String(data)}' is not a duration`, `write '5s', '1m30s' or '250ms'`)
  return violation(path, 'bad-format', `'${String(data)}' is not ${withArticle(String(params['format']))}`)
}

function tooManyOfOne({ data, schema }: ErrorObject, path: string): Violation {
  const groups: unknown = schema
  const present = (Array.isArray(groups) ? groups : []).map(group =>
    (Array.isArray(group) ? group.map(String) : []).filter(name => isRecord(data) && name in data),
  )
  const excess = present.find(names => names.length > 1) ?? []
  return violation(path, 'at-most-one', `only one of ${excess.join(' and ')} may be set`)
}

function noneOfSome({ schema }: ErrorObject, path: string): Violation {
  const names: unknown = schema
  return violation(path, 'required', `must have one of ${Array.isArray(names) ? names.join(', ') : ''}`)
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isRecord(value)) return 'an object'
  if (typeof value === 'string') return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
  return typeof value === 'number' || typeof value === 'boolean' ? `the ${typeof value} ${value}` : 'nothing'
}

const TYPE_NAMES: Readonly<Record<string, string>> = { array: 'list', string: 'text', integer: 'whole number', boolean: 'true or false' }

function withArticle(type: string): string {
  const name = TYPE_NAMES[type] ?? type
  if (type === 'boolean') return name
  return /^[aeio]/.test(name) ? `an ${name}` : `a ${name}`
}
