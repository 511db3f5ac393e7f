import type { MessageType } from '@meshwork/protos/any'
import { BytesValue } from '@meshwork/protos/google/protobuf/wrappers'
import { Struct } from '@meshwork/protos/google/protobuf/struct'
import { encodeJson, encodeKnownJson, type JsonProblem, type JsonValue } from '@meshwork/protos/json'
import { err, messageOf, ok, type Result } from '@meshwork/core/result'
import type { IgnoredPart } from './compiled-patch.ts'

const TYPED_STRUCT = 'type.googleapis.com/xds.type.v3.TypedStruct'
/** The same under its earlier name. */
const TYPED_STRUCTS: ReadonlySet<string> = new Set([TYPED_STRUCT, 'type.googleapis.com/udpa.type.v1.TypedStruct'])
/** Stands for a TypedStruct while the JSON is read: the definitions at hand have only types of this data plane. */
const CARRIER = 'type.googleapis.com/google.protobuf.BytesValue'
const MAX_DEPTH = 50

/** A message, and what was written beside it that it has no field for. */
export interface MessageRead<T> {
  readonly message: T
  readonly ignored: readonly JsonProblem[]
}

/**
 * A message from what a user wrote, in the JSON form of Envoy's API. Fields that it does not have are passed over, as Istio does: they
 * may be of a later version of Envoy. Extensions that this mesh has no definition of are handed
 * on as `xds.type.v3.TypedStruct`, which Envoy reads for any extension that it has.
 */
export function readMessage<T>(type: MessageType<T>, written: unknown): Result<MessageRead<T>, string> {
  const json = withCarriers(written, 0)
  if (json === undefined) return err(`is nested deeper than ${MAX_DEPTH} levels`)
  const encoded = encodeKnownJson(type.name, json)
  if (encoded.kind === 'err') return err(encoded.error.map(({ path, message }) => `${path}: ${message}`).join('; '))
  try {
    const message = type.codec.decode(encoded.value)
    unpackCarriers(message)
    return ok({ message, ignored: encoded.ignored })
  } catch (error) {
    return err(messageOf(error))
  }
}

/** For those who wrote it: `path` is that of the value in the object. */
export function ignoredParts(path: string, ignored: readonly JsonProblem[]): readonly IgnoredPart[] {
  return ignored.map(part => ({
    path: `${path}.${part.path}`,
    message: part.hint === undefined ? part.message : `${part.message} (${part.hint})`,
  }))
}

function withCarriers(value: unknown, depth: number): JsonValue | undefined {
  if (depth > MAX_DEPTH) return undefined
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(item => withCarriers(item, depth + 1))
    return items.some(item => item === undefined) ? undefined : items.filter(item => item !== undefined)
  }
  if (typeof value !== 'object') return null
  const members = Object.entries(value).map(([key, member]) => [key, withCarriers(member, depth + 1)] as const)
  const json: Record<string, JsonValue> = {}
  for (const [key, member] of members) {
    if (member === undefined) return undefined
    json[key] = member
  }
  const meant = withoutTypedStruct(json)
  const url = meant['@type']
  return typeof url === 'string' && !isKnown(url) ? carrier(url, meant) : meant
}

/** Users write `TypedStruct` themselves, too: what is in it is a message like any other (xds/type/v3/typed_struct.proto). */
function withoutTypedStruct(json: Readonly<Record<string, JsonValue>>): Readonly<Record<string, JsonValue>> {
  const { '@type': url, type_url: snake, typeUrl: inner = snake, value = {} } = json
  if (typeof url !== 'string' || !TYPED_STRUCTS.has(url) || typeof inner !== 'string') return json
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { '@type': inner, ...value } : json
}

function isKnown(url: string): boolean {
  const encoded = encodeJson('google.protobuf.Any', { '@type': url })
  return encoded.kind === 'ok' || !encoded.error.some(({ code }) => code === 'unknown-type')
}

function carrier(url: string, json: Readonly<Record<string, JsonValue>>): JsonValue {
  const { '@type': _url, ...fields } = json
  return { '@type': CARRIER, value: Buffer.from(typedStruct(url, fields)).toString('base64') }
}

/** `{type_url = 1, value = 2}` of `xds.type.v3.TypedStruct`. */
function typedStruct(url: string, fields: Readonly<Record<string, unknown>>): Uint8Array {
  return Buffer.concat([delimited(1, Buffer.from(url)), delimited(2, Struct.encode(Struct.wrap({ ...fields })).finish())])
}

export function typedStructAny(url: string, fields: Readonly<Record<string, unknown>>): { typeUrl: string; value: Uint8Array } {
  return { typeUrl: TYPED_STRUCT, value: typedStruct(url, fields) }
}

const LENGTH_DELIMITED = 2

function delimited(field: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([(field << 3) | LENGTH_DELIMITED, ...varint(bytes.length)]), bytes])
}

function varint(value: number): number[] {
  const low = value % 128
  return value < 128 ? [value] : [low + 128, ...varint((value - low) / 128)]
}

function unpackCarriers(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  if (isCarrier(value)) {
    value.value = BytesValue.decode(value.value).value
    value.typeUrl = TYPED_STRUCT
    return
  }
  for (const member of Object.values(value)) unpackCarriers(member)
}

function isCarrier(value: object): value is { typeUrl: string; value: Uint8Array } {
  return 'typeUrl' in value && value.typeUrl === CARRIER && 'value' in value && value.value instanceof Uint8Array
}
