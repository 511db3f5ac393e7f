import type { BinaryWriter } from '@meshwork/protos/encode-message'
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
