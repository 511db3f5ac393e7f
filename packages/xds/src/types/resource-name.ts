const NAME_FIELD = 1
const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5

/**
 * Name of an encoded resource without decoding it: all types of xDS v3 that Meshwork uses have it in field 1
 * (`name`, or `cluster_name` of ClusterLoadAssignment). undefined: no such field, or not a protobuf message.
 */
export function encodedResourceName(bytes: Uint8Array): string | undefined {
  let at = 0
  while (at < bytes.length) {
    const tag = readVarint(bytes, at)
    if (tag === undefined) return undefined
    at = tag.end
    const wireType = tag.value & 7
    if (wireType === LENGTH_DELIMITED) {
      const length = readVarint(bytes, at)
      if (length === undefined || length.end + length.value > bytes.length) return undefined
      const end = length.end + length.value
      if (tag.value >>> 3 === NAME_FIELD) return new TextDecoder().decode(bytes.subarray(length.end, end))
      at = end
    } else {
      const end = skipScalar(bytes, at, wireType)
      if (end === undefined) return undefined
      at = end
    }
  }
  return undefined
}

function skipScalar(bytes: Uint8Array, at: number, wireType: number): number | undefined {
  if (wireType === VARINT) return readVarint(bytes, at)?.end
  if (wireType === FIXED64) return at + 8
  return wireType === FIXED32 ? at + 4 : undefined
}

/** Tags and lengths fit 32 bits; longer varints are skipped with their low bits kept. */
function readVarint(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0
  for (let i = 0; i < 10; i++) {
    const byte = bytes[at + i]
    if (byte === undefined) return undefined
    if (i < 4) value |= (byte & 0x7f) << (7 * i)
    else if (i === 4) value = (value | ((byte & 0x0f) << 28)) >>> 0
    if (byte < 0x80) return { value, end: at + i + 1 }
  }
  return undefined
}
