import { type BinaryWriter, encodeWith } from '@meshwork/protos/encode-message'
import { writeStruct } from '@meshwork/protos/write-struct'

/** Field 1, `filter_metadata`, of envoy.config.core.v3.Metadata; key and value of its entries. */
const FILTER_METADATA = 10
const KEY = 10
const VALUE = 18

/** An entry of `filter_metadata`: what one filter, or one extension, finds under its name. */
export function writeFilterMetadata(name: string, fields: object, writer: BinaryWriter): BinaryWriter {
  writer.uint32(FILTER_METADATA).fork().uint32(KEY).string(name).uint32(VALUE).fork()
  return writeStruct(fields, writer).join().join()
}

/** Where a text stands in metadata, encoded: the name of an entry, and that of a field of it. */
interface TextPlace {
  readonly entry: Uint8Array
  readonly field: Uint8Array
}

export function textPlace(entry: string, field: string): TextPlace {
  const keyOf = (name: string): Uint8Array => encodeWith(writer => void writer.uint32(KEY).string(name))
  return { entry: keyOf(entry), field: keyOf(field) }
}

/** Field 1, `fields`, of google.protobuf.Struct, whose entries are numbered as those above; field 3, `string_value`, of its values. */
const FIELDS = 10
const STRING = 26

/** As `writeFilterMetadata` for an entry with one text in it, of which there are as many as endpoints in the mesh. */
export function writeText({ entry, field }: TextPlace, text: string, writer: BinaryWriter): BinaryWriter {
  writer.uint32(FILTER_METADATA).fork().raw(entry).uint32(VALUE).fork().uint32(FIELDS).fork()
  return writer.raw(field).uint32(VALUE).fork().uint32(STRING).string(text).join().join().join().join()
}
