/** Sizes of values that always have the same (bsonspec.org, version 1.1), by type. */
const FIXED_BYTES: ReadonlyMap<number, number> = new Map([
  [0x01, 8],
  [0x06, 0],
  [0x07, 12],
  [0x08, 1],
  [0x09, 8],
  [0x0a, 0],
  [0x10, 4],
  [0x11, 8],
  [0x12, 8],
  [0x13, 16],
  [0x7f, 0],
  [0xff, 0],
])
const STRING_TYPES: ReadonlySet<number> = new Set([0x02, 0x0d, 0x0e])
const DOCUMENT = 0x03
/** Its length and its end. */
const MIN_BYTES = 5
/** Documents within documents beyond these are not looked into. */
const MAX_DEPTH = 3
/** More fields than these at the top are not looked at. */
const MAX_FIELDS = 256

/** A value of a document, as far as it matters here. */
export type BsonValue = BsonDocument | string | null

/** The fields at the top of a document, in order; what is neither a text nor a document is null. */
export type BsonDocument = ReadonlyMap<string, BsonValue>

/** Reads the document at `at`; null if it is cut off, or none. */
export function readDocument(bytes: Buffer, at: number, depth: number = MAX_DEPTH): BsonDocument | null {
  const fields = new Map<string, BsonValue>()
  try {
    const length = bytes.readInt32LE(at)
    const end = at + length - 1
    if (length < MIN_BYTES || end >= bytes.length) return null
    let place = at + 4
    while (place < end && fields.size < MAX_FIELDS) {
      const type = bytes.readUInt8(place)
      const nameEnd = bytes.indexOf(0, place + 1)
      const value = nameEnd + 1
      const size = sizeOf(bytes, type, value)
      if (nameEnd < 0 || size === null || value + size > end) return null
      fields.set(bytes.toString('utf8', place + 1, nameEnd), valueOf(bytes, type, value, depth - 1))
      place = value + size
    }
    return fields
  } catch {
    // Reading beyond the end throws.
    return null
  }
}

function valueOf(bytes: Buffer, type: number, at: number, depth: number): BsonValue {
  if (type === DOCUMENT) return depth === 0 ? null : readDocument(bytes, at, depth)
  return STRING_TYPES.has(type) ? bytes.toString('utf8', at + 4, at + 4 + bytes.readInt32LE(at) - 1) : null
}

function sizeOf(bytes: Buffer, type: number, at: number): number | null {
  const fixed = FIXED_BYTES.get(type)
  if (fixed !== undefined) return fixed
  const size = type === 0x0b ? bytes.indexOf(0, bytes.indexOf(0, at) + 1) + 1 - at : bytes.readInt32LE(at) + extraBytes(type)
  return size >= 0 ? size : null
}

/** What the length of a value does not count: documents count all, texts not their length, binary not its subtype either. */
function extraBytes(type: number): number {
  if (STRING_TYPES.has(type)) return 4
  if (type === 0x05) return 5
  return type === 0x0c ? 16 : 0
}
