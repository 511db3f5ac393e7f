import { type DescField, type DescMessage, fromBinary, type JsonValue, type Message, ScalarType, toJson } from '@bufbuild/protobuf'
import { base64Encode } from '@bufbuild/protobuf/wire'
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect'
import { registry } from './registry.ts'

const REDACTED = '[redacted]'
/** Number of `udpa.annotations.sensitive`, an option of fields that hold keys and passwords. */
const SENSITIVE = 76_569_463
const ANY = 'google.protobuf.Any'

interface JsonObject {
  [key: string]: JsonValue
}

/**
 * The message in `bytes` as ProtoJSON with proto field names. Key material is `[redacted]` (only the names of its files are
 * shown); an `Any` of a type without definition stays base64.
 */
export function dumpMessage(desc: DescMessage, bytes: Uint8Array): JsonValue {
  return messageJson(reflect(desc, fromBinary(desc, bytes)), false)
}

function messageJson(message: ReflectMessage, secret: boolean): JsonValue {
  const { desc } = message
  if (desc.typeName === ANY) return anyJson(message)
  if (desc.typeName.startsWith('google.protobuf.')) return secret ? REDACTED : toJson(desc, message.message as Message, {})
  const json: JsonObject = {}
  for (const field of desc.fields) {
    if (!message.isSet(field)) continue
    json[field.name] = fieldJson(message, field, field.name !== 'filename' && (secret || isSensitive(field)))
  }
  return json
}

function fieldJson(message: ReflectMessage, field: DescField, secret: boolean): JsonValue {
  if (field.fieldKind === 'list') return Array.from(message.get(field), each => valueJson(field, each, secret))
  if (field.fieldKind !== 'map') return valueJson(field, message.get(field), secret)
  return Object.fromEntries(Array.from(message.get(field), ([key, each]) => [String(key), valueJson(field, each, secret)]))
}

function valueJson({ message, enum: values, scalar }: DescField, value: unknown, secret: boolean): JsonValue {
  if (message !== undefined) return isReflected(value) ? messageJson(value, secret) : null
  if (values !== undefined) return typeof value === 'number' ? (values.value[value]?.name ?? value) : null
  if (secret && (scalar === ScalarType.STRING || scalar === ScalarType.BYTES)) return REDACTED
  return scalarJson(value)
}

/** ProtoJSON: 64-bit integers are texts, bytes are base64, and what JSON has no number for is named. */
function scalarJson(value: unknown): JsonValue {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return base64Encode(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  return typeof value === 'string' || typeof value === 'boolean' ? value : null
}

function anyJson(message: ReflectMessage): JsonValue {
  const { typeUrl, value } = message.message as { readonly typeUrl?: unknown; readonly value?: unknown }
  if (typeof typeUrl !== 'string' || !(value instanceof Uint8Array)) return {}
  const desc = registry().getMessage(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
  const inner = desc === undefined ? base64Encode(value) : dumpMessage(desc, value)
  const isObject =
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) && desc?.typeName.startsWith('google.protobuf.') === false
  return isObject ? { '@type': typeUrl, ...inner } : { '@type': typeUrl, value: inner }
}

/** The option is an extension, so that readers which do not know it, as here, find it among the unknown fields. */
function isSensitive(field: DescField): boolean {
  return field.proto.options?.$unknown?.some(({ no }) => no === SENSITIVE) ?? false
}

function isReflected(value: unknown): value is ReflectMessage {
  return typeof value === 'object' && value !== null && 'desc' in value && 'message' in value
}
