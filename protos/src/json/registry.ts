/** The definitions at run time. Loaded on first use: only whoever reads or writes ProtoJSON pays for them (about 90 ms). */
import { brotliDecompressSync } from 'node:zlib'
import { createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { descriptors } from '../../gen/descriptors.ts'

let loaded: FileRegistry | null = null

export function registry(): FileRegistry {
  loaded ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, brotliDecompressSync(Buffer.from(descriptors, 'base64'))))
  return loaded
}
