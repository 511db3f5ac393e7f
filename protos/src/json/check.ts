/** Compares JSON with the definitions before it is read, so that a reader learns of every mistake at once, each with its place. */
import { type DescEnum, type DescField, type DescMessage, fromJson, type JsonValue, ScalarType } from '@bufbuild/protobuf'
import { nearest } from './nearest.ts'
import { registry } from './registry.ts'

export interface JsonProblem {
  /** From the root of the message, in proto names: `static_resources.listeners[0].name`. */
  readonly path: string
  /** `unknown-field`, `unknown-type`, `unknown-enum-value`, `bad-value` or `duplicate-field`. */
  readonly code: string
  readonly message: string
  readonly hint?: string
}

type JsonObject = Readonly<Record<string, JsonValue>>

const ANY = 'google.protobuf.Any'
/** Messages that JSON writes in a form of its own; only reading them tells whether they are well-formed. */
const SPECIAL: ReadonlySet<string> = new Set(
  ['Duration', 'Timestamp', 'FieldMask', 'Struct', 'Value', 'ListValue', 'Empty'].map(name => `google.protobuf.${name}`),
)
const WRAPPER = /^google\.protobuf\.(Bool|Bytes|Double|Float|U?Int(32|64)|String)Value$/
/** Deepest nesting of messages that is followed. */
const MAX_DEPTH = 100
/** More problems than anybody reads at once. */
const MAX_PROBLEMS = 100

export class JsonChecker {
  readonly problems: JsonProblem[] = []

  message(desc: DescMessage, value: JsonValue, path: string, depth: number = 0): void {
    if (this.problems.length >= MAX_PROBLEMS) return
    if (depth > MAX_DEPTH) return this.refuse(path, 'bad-value', `is nested deeper than ${MAX_DEPTH} messages`)
    if (desc.typeName === ANY) return this.any(value, path, depth)
    if (SPECIAL.has(desc.typeName) || WRAPPER.test(desc.typeName)) return this.special(desc, value, path)
    if (!isObject(value)) return this.refuse(path, 'bad-value', `must be a mapping (${desc.typeName})`)
    this.fields(desc, value, path, depth)
  }

  private fields(desc: DescMessage, value: JsonObject, path: string, depth: number): void {
    const seen = new Map<string, string>()
    for (const [key, each] of Object.entries(value)) {
      const field = fieldOf(desc, key)
      if (field === undefined) {
        this.unknownField(desc, key, path)
        continue
      }
      if (each === null) continue
      const place = join(path, field.name)
      const slot = field.oneof?.name ?? field.name
      const other = seen.get(slot)
      if (other !== undefined) this.refuse(place, 'duplicate-field', other === field.name ? 'is given twice' : `excludes ${other}`)
      seen.set(slot, field.name)
      this.field(field, each, place, depth)
    }
  }

  private field(field: DescField, value: JsonValue, path: string, depth: number): void {
    if (field.fieldKind === 'list') {
      if (!Array.isArray(value)) return this.refuse(path, 'bad-value', 'must be a list')
      for (const [i, each] of value.entries()) this.value(field, each, `${path}[${i}]`, depth)
    } else if (field.fieldKind === 'map') {
      if (!isObject(value)) return this.refuse(path, 'bad-value', 'must be a mapping')
      for (const [key, each] of Object.entries(value)) this.value(field, each, `${path}[${JSON.stringify(key)}]`, depth)
    } else this.value(field, value, path, depth)
  }

  private value({ message, enum: values, scalar }: DescField, value: JsonValue, path: string, depth: number): void {
    if (message !== undefined) this.message(message, value, path, depth + 1)
    else if (values !== undefined) this.enumValue(values, value, path)
    else if (scalar !== undefined) this.scalar(scalar, value, path)
  }

  private enumValue(desc: DescEnum, value: JsonValue, path: string): void {
    if (typeof value === 'number' && desc.value[value] !== undefined) return
    const names = desc.values.map(({ name }) => name)
    if (typeof value === 'string' && names.includes(value)) return
    const meant = nearest(typeof value === 'string' ? value : '', names)
    const hint = meant === undefined ? `one of ${names.slice(0, 12).join(', ')}` : `did you mean ${meant}?`
    this.refuse(path, 'unknown-enum-value', `${JSON.stringify(value)} is no value of ${desc.typeName}`, hint)
  }

  private scalar(type: ScalarType, value: JsonValue, path: string): void {
    const wanted = scalarMismatch(type, value)
    if (wanted !== null) this.refuse(path, 'bad-value', `must be ${wanted}`)
  }

  private any(value: JsonValue, path: string, depth: number): void {
    if (!isObject(value)) return this.refuse(path, 'bad-value', 'must be a mapping with @type')
    const { '@type': url, ...rest } = value
    if (url === undefined && Object.keys(rest).length === 0) return
    if (typeof url !== 'string') return this.refuse(path, 'unknown-type', '@type is missing')
    const name = url.slice(url.lastIndexOf('/') + 1)
    const desc = registry().getMessage(name)
    if (desc === undefined) return this.refuse(join(path, '@type'), 'unknown-type', `${name} is not supported`, nearestType(name))
    if (!SPECIAL.has(name) && !WRAPPER.test(name) && name !== ANY) return this.message(desc, rest, path, depth + 1)
    if (rest['value'] !== undefined) this.message(desc, rest['value'], join(path, 'value'), depth + 1)
  }

  private special(desc: DescMessage, value: JsonValue, path: string): void {
    try {
      fromJson(desc, value)
    } catch {
      const name = desc.typeName.slice('google.protobuf.'.length)
      const form = name === 'Duration' ? 'must be a duration like 1.5s' : `must be a ${name}`
      this.refuse(path, 'bad-value', `${form}, not ${JSON.stringify(value).slice(0, 80)}`)
    }
  }

  private unknownField(desc: DescMessage, key: string, path: string): void {
    const meant = nearest(
      key,
      desc.fields.map(({ name }) => name),
    )
    this.refuse(
      join(path, key),
      'unknown-field',
      `unknown field of ${desc.typeName}`,
      meant === undefined ? undefined : `did you mean ${meant}?`,
    )
  }

  private refuse(path: string, code: string, message: string, hint?: string): void {
    this.problems.push(hint === undefined ? { path, code, message } : { path, code, message, hint })
  }
}

/** Fields by proto name and by JSON name, made once a message type. */
const fieldsByName = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>()

export function fieldOf(desc: DescMessage, key: string): DescField | undefined {
  let fields = fieldsByName.get(desc)
  if (fields === undefined) {
    fields = new Map(desc.fields.flatMap(field => [[field.name, field] as const, [field.jsonName, field] as const]))
    fieldsByName.set(desc, fields)
  }
  return fields.get(key)
}

const NUMBER = /^(-?[0-9.eE+-]+|NaN|-?Infinity)$/

/** What `value` should have been, or null when it fits (ProtoJSON: integers may also be texts). */
function scalarMismatch(type: ScalarType, value: JsonValue): string | null {
  switch (type) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return typeof value === 'string' ? null : `a text; put ${JSON.stringify(value).slice(0, 40)} in quotes`
    case ScalarType.BOOL:
      return typeof value === 'boolean' ? null : 'true or false'
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return typeof value === 'number' || (typeof value === 'string' && NUMBER.test(value)) ? null : 'a number'
    default:
      return integerMismatch(type, value)
  }
}

const UNSIGNED: ReadonlySet<ScalarType> = new Set([ScalarType.UINT32, ScalarType.UINT64, ScalarType.FIXED32, ScalarType.FIXED64])
const SHORT: ReadonlySet<ScalarType> = new Set([
  ScalarType.UINT32,
  ScalarType.FIXED32,
  ScalarType.INT32,
  ScalarType.SINT32,
  ScalarType.SFIXED32,
])

function integerMismatch(type: ScalarType, value: JsonValue): string | null {
  if ((typeof value !== 'number' && typeof value !== 'string') || !/^-?\d+$/.test(String(value))) return 'an integer'
  const number = BigInt(value)
  const bits = SHORT.has(type) ? 32n : 64n
  const [low, high] = UNSIGNED.has(type) ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]
  return number < low || number > high ? `an integer from ${low} to ${high}` : null
}

function nearestType(name: string): string | undefined {
  const names: string[] = []
  for (const type of registry()) if (type.kind === 'message' && !type.typeName.startsWith('google.')) names.push(type.typeName)
  const meant = nearest(name, names)
  return meant === undefined ? undefined : `did you mean ${meant}?`
}

function isObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
