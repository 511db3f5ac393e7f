/** The few pieces of protobuf's wire format that messages of discovery are put together from by hand. */
export interface WireField {
  readonly field: number
  /** Where the field begins, tag included. */
  readonly start: number
  /** Its content, for fields with a length; for others the bytes after the tag. */
  readonly from: number
  readonly to: number
}

const LENGTH_DELIMITED = 2

/** Where a reader of fields is; its other properties are those of the field read last. Reused, as requests come by the million. */
export interface WireCursor {
  at: number
  field: number
  start: number
  from: number
  to: number
}

export function wireCursor(): WireCursor {
  return { at: 0, field: 0, start: 0, from: 0, to: 0 }
}

/** Reads the field at the cursor and moves on. False: the bytes are no message, or the field is neither varint nor bytes. */
export function readField(bytes: Buffer, cursor: WireCursor): boolean {
  cursor.start = cursor.at
  const tag = readVarint(bytes, cursor)
  if (tag === undefined) return false
  cursor.field = tag >>> 3
  cursor.from = cursor.at
  if ((tag & 7) === LENGTH_DELIMITED) {
    const length = readVarint(bytes, cursor)
    if (length === undefined) return false
    cursor.from = cursor.at
    cursor.at += length
  } else if ((tag & 7) !== 0 || readVarint(bytes, cursor) === undefined) return false
  cursor.to = cursor.at
  return cursor.to <= bytes.length
}

/** The fields of a message, in order. undefined: the bytes are no message, or have a field that is neither varint nor bytes. */
export function wireFields(bytes: Buffer): readonly WireField[] | undefined {
  const fields: WireField[] = []
  const cursor = wireCursor()
  while (cursor.at < bytes.length) {
    if (!readField(bytes, cursor)) return undefined
    const { field, start, from, to } = cursor
    fields.push({ field, start, from, to })
  }
  return fields
}

/** The low 32 bits. */
function readVarint(bytes: Buffer, cursor: { at: number }): number | undefined {
  let value = 0
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = bytes[cursor.at++]
    if (byte === undefined) return undefined
    if (shift < 32) value |= (byte & 0x7f) << shift
    if (byte < 0x80) return value >>> 0
  }
  return undefined
}

export function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5
}

/** Writes tag and length of a field with a length; returns the offset after them. `field` below 16. */
export function writeHead(into: Buffer, at: number, field: number, length: number): number {
  into[at] = (field << 3) | LENGTH_DELIMITED
  let next = at + 1
  let rest = length
  while (rest >= 0x80) {
    into[next++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  into[next++] = rest
  return next
}

/** Bytes of a field with a length: tag, length and content. */
export function fieldBytes(contentBytes: number): number {
  return 1 + varintBytes(contentBytes) + contentBytes
}

/** A field with a text, ready to be copied into messages. Empty for an empty text, as protobuf leaves those out. */
export function textField(field: number, text: string): Buffer {
  if (text === '') return Buffer.alloc(0)
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(fieldBytes(length))
  bytes.write(text, writeHead(bytes, 0, field, length))
  return bytes
}
