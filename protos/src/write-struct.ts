import type { BinaryWriter } from '@bufbuild/protobuf/wire'

/** `number << 3 | wire type`, as it stands in front of a field (protobuf encoding; google/protobuf/struct.proto). */
const FIELDS = 10
const KEY = 10
const VALUE = 18
const NULL = 8
const NUMBER = 17
const STRING = 26
const BOOL = 32
const STRUCT = 42
const LIST = 50
const LIST_VALUES = 10

/**
 * Writes the fields of a `google.protobuf.Struct`, byte for byte as the generated code does, which wraps every value in objects on
 * its way and is the greater part of the cost of messages with metadata. What is no JSON value is left out.
 */
export function writeStruct(fields: object, writer: BinaryWriter): BinaryWriter {
  const entries: readonly (readonly [string, unknown])[] = Object.entries(fields)
  for (const [key, value] of entries) {
    if (value !== undefined)
      writeValue(value, keyed(key, writer.uint32(FIELDS).fork()).uint32(VALUE).fork())
        .join()
        .join()
  }
  return writer
}

/** The empty text is what a field has that is not there. */
function keyed(key: string, writer: BinaryWriter): BinaryWriter {
  return key === '' ? writer : writer.uint32(KEY).string(key)
}

function writeValue(value: unknown, writer: BinaryWriter): BinaryWriter {
  if (value === null) return writer.uint32(NULL).int32(0)
  switch (typeof value) {
    case 'string':
      return writer.uint32(STRING).string(value)
    case 'number':
      return writer.uint32(NUMBER).double(value)
    case 'boolean':
      return writer.uint32(BOOL).bool(value)
    case 'object':
      if (!Array.isArray(value)) return writeStruct(value, writer.uint32(STRUCT).fork()).join()
      writer.uint32(LIST).fork()
      for (const item of value) writeValue(item, writer.uint32(LIST_VALUES).fork()).join()
      return writer.join()
    default:
      return writer
  }
}
