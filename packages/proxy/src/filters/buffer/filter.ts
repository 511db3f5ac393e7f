import { BUFFER, CONTINUE, type FilterBlueprint, type FilterStatus, type FilterStream, type HttpFilter } from '../filter.ts'

/** Of the filter, or of a route in its place. */
export class BufferSettings {
  /** A longer request is answered 413. */
  readonly maxBytes: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }
}

export function bufferBlueprint(settings: BufferSettings): FilterBlueprint {
  return { name: 'envoy.filters.http.buffer', compile: ({ slot }) => new BufferFilter(settings, slot) }
}

/** Sends requests on when they are whole, with their length (`envoy.extensions.filters.http.buffer.v3.Buffer`). */
class BufferFilter implements HttpFilter {
  private readonly own: BufferSettings
  private readonly slot: number

  constructor(own: BufferSettings, slot: number) {
    this.own = own
    this.slot = slot
  }

  onRequestHead(stream: FilterStream, endStream: boolean): FilterStatus {
    if (endStream) return CONTINUE
    const settings = stream.settings(this.slot)
    stream.limitRequestBuffer((settings instanceof BufferSettings ? settings : this.own).maxBytes)
    stream.setState(this.slot, 0)
    return BUFFER
  }

  onRequestData(stream: FilterStream, chunk: Buffer): FilterStatus {
    const seen = stream.state(this.slot)
    if (typeof seen === 'number') stream.setState(this.slot, seen + chunk.length)
    return BUFFER
  }

  onRequestEnd(stream: FilterStream): FilterStatus {
    const seen = stream.state(this.slot)
    // Trailers need chunks, so that a request with some keeps its framing.
    if (typeof seen === 'number' && stream.requestTrailers === null) stream.requestHeaders.set('content-length', String(seen))
    return CONTINUE
  }
}
