import type { BinaryWriter } from '@bufbuild/protobuf/wire'
import { parseDurationText, timeSpan } from '@meshwork/core/attributes'
import { err, joinPath, ok, type Result, type Violation } from '@meshwork/core/result'
import type { AdapterInfo } from './adapters.ts'
import { FieldProblem, isRecord } from './field-problem.ts'
import { fieldNamed, type FieldType, type MessageShape } from './message-shape.ts'
import { messageBytes, writeBool, writeBytes, writeDouble, writeInt, writeMessage, writeText, writeTime } from './wire.ts'

const NANOS_PER_SECOND = 1_000_000_000n

function fail(path: string, message: string): never {
  throw new FieldProblem(path, 'wrong-type', message)
}

function integer(value: unknown, path: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? BigInt(value) : fail(path, 'must be an integer')
}

/** `5s`, or `{seconds: 5, nanos: 0}`. */
function durationNanos(value: unknown, path: string): bigint {
  const parsed = typeof value === 'string' ? parseDurationText(value) : undefined
  if (parsed?.kind === 'ok') return parsed.value
  if (!isRecord(value)) return fail(path, 'must be a duration such as 5s')
  const unknown = Object.keys(value).find(key => key !== 'seconds' && key !== 'nanos')
  if (unknown !== undefined) fail(joinPath(path, unknown), `field '${unknown}' not found`)
  return (
    integer(value['seconds'] ?? 0, joinPath(path, 'seconds')) * NANOS_PER_SECOND + integer(value['nanos'] ?? 0, joinPath(path, 'nanos'))
  )
}

function enumNumber(members: ReadonlyMap<string, number>, value: unknown, path: string): bigint {
  const number = typeof value === 'string' ? members.get(value) : undefined
  return number === undefined ? fail(path, `must be one of ${[...members.keys()].join(', ')}`) : BigInt(number)
}

function writeList(writer: BinaryWriter, number: number, of: FieldType, value: unknown, path: string): void {
  if (!Array.isArray(value)) return fail(path, 'must be a list')
  for (const [index, item] of value.entries()) writeField(writer, number, of, item, joinPath(path, index))
}

function writeMap(writer: BinaryWriter, number: number, of: FieldType, value: unknown, path: string): void {
  if (!isRecord(value)) return fail(path, 'must be an object')
  for (const [key, item] of Object.entries(value)) {
    writeMessage(writer, number, inner => {
      writeText(inner, 1, key)
      writeField(inner, 2, of, item, joinPath(path, key))
    })
  }
}

function writeField(writer: BinaryWriter, number: number, type: FieldType, value: unknown, path: string): void {
  switch (type.kind) {
    case 'string':
      return writeText(writer, number, typeof value === 'string' ? value : fail(path, 'must be a text'))
    case 'int32':
    case 'int64':
      return writeInt(writer, number, integer(value, path))
    case 'double':
      return writeDouble(writer, number, typeof value === 'number' ? value : fail(path, 'must be a number'))
    case 'bool':
      return writeBool(writer, number, typeof value === 'boolean' ? value : fail(path, 'must be true or false'))
    case 'enum':
      return writeInt(writer, number, enumNumber(type.members, value, path))
    case 'duration':
      return writeTime(writer, number, timeSpan(durationNanos(value, path)))
    case 'message':
      return writeMessage(writer, number, inner => writeFields(inner, type.shape, value, path))
    case 'map':
      return writeMap(writer, number, type.of, value, path)
    case 'list':
      return writeList(writer, number, type.of, value, path)
    default:
      return fail(path, 'parameters have no fields of this type')
  }
}

function writeFields(writer: BinaryWriter, shape: MessageShape, value: unknown, path: string): void {
  if (!isRecord(value)) return fail(path, 'must be an object')
  for (const [name, item] of Object.entries(value)) {
    const at = joinPath(path, name)
    const found = fieldNamed(shape, name)
    if (found === undefined) throw new FieldProblem(at, 'unknown-field', `field '${name}' not found`)
    writeField(writer, found.number, found.type, item, at)
  }
}

/** A handler's parameters as the `google.protobuf.Any` that goes with each request to its adapter. */
export function encodeParams(adapter: AdapterInfo, params: Readonly<Record<string, unknown>>): Result<Uint8Array, Violation> {
  try {
    const bytes = messageBytes(writer => writeFields(writer, adapter.params, params, 'spec'))
    return ok(
      messageBytes(writer => {
        writeText(writer, 1, `type.googleapis.com/${adapter.paramsType}`)
        writeBytes(writer, 2, bytes)
      }),
    )
  } catch (problem) {
    if (problem instanceof FieldProblem) return err(problem.violation)
    throw problem
  }
}
