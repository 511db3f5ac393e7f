/** Just enough of protobuf for a client that frames, looks for names and acknowledges, and decodes nothing. */

/** Calls `found` for each field with a length, in order. */
export function eachField(bytes: Buffer, from: number, to: number, found: (field: number, from: number, to: number) => void): void {
  let at = from
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
  }
  while (at < to) {
    const tag = varint()
    const wireType = tag & 7
    if (wireType === 2) {
      const length = varint()
      found(tag >>> 3, at, at + length)
      at += length
    } else if (wireType === 0) varint()
    else at += wireType === 1 ? 8 : 4
  }
}

/** The contents at a path of field numbers, each of which may repeat. */
export function atPath(bytes: Buffer, from: number, to: number, path: readonly number[]): readonly (readonly [number, number])[] {
  let places: (readonly [number, number])[] = [[from, to]]
  for (const wanted of path) {
    const next: (readonly [number, number])[] = []
    for (const [start, end] of places) {
      eachField(bytes, start, end, (field, a, b) => {
        if (field === wanted) next.push([a, b])
      })
    }
    places = next
  }
  return places
}

export function lengthField(field: number, content: Buffer | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const head: number[] = [(field << 3) | 2]
  let rest = bytes.length
  while (rest >= 0x80) {
    head.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  return Buffer.concat([Buffer.from([...head, rest]), bytes])
}

export function frame(...fields: readonly Buffer[]): Buffer {
  const body = Buffer.concat(fields)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

/**
 * Puts the chunks of one message after the other into a place that all messages use in turn: a new buffer of a megabyte for each
 * would keep the collector of the rig busier than receiving does.
 */
export class JoinedChunks {
  private place = Buffer.allocUnsafeSlow(1 << 20)

  /** Calls `use` with the first `bytes` of the chunks, valid only during the call. Returns what follows them, or null. */
  message(chunks: readonly Buffer[], bytes: number, use: (message: Buffer) => void): Buffer | null {
    const [only, ...more] = chunks
    const last = chunks.at(-1)
    if (only === undefined || last === undefined) return null
    if (more.length === 0) use(only.subarray(0, bytes))
    else use(this.copy(chunks, bytes))
    const before = chunks.reduce((sum, { length }) => sum + length, 0) - last.length
    return before + last.length > bytes ? last.subarray(bytes - before) : null
  }

  private copy(chunks: readonly Buffer[], bytes: number): Buffer {
    if (this.place.length < bytes) this.place = Buffer.allocUnsafeSlow(bytes * 2)
    let at = 0
    for (const chunk of chunks) at += chunk.copy(this.place, at, 0, Math.min(chunk.length, bytes - at))
    return this.place.subarray(0, bytes)
  }
}

/**
 * What was read from the resources of the last message of a kind: servers send thousands of clients the same bytes, and comparing
 * them is cheaper than reading them again.
 */
export class ReadBefore<T> {
  private last: readonly { readonly bytes: Buffer; readonly value: T }[] = []

  /** `read` of each place, or what it said of the same bytes in the same place. */
  each(message: Buffer, places: readonly (readonly [number, number])[], read: (from: number, to: number) => T): readonly T[] {
    const { last } = this
    let isSame = last.length === places.length
    const now = places.map(([from, to], index) => {
      const before = last[index]
      if (before !== undefined && message.compare(before.bytes, 0, before.bytes.length, from, to) === 0) return before
      isSame = false
      return { bytes: Buffer.from(message.subarray(from, to)), value: read(from, to) }
    })
    if (!isSame) this.last = now
    return now.map(({ value }) => value)
  }
}
