import type { BrotliCompress, Gzip, ZstdCompress } from 'node:zlib'
import type { Slot } from '@meshwork/core/metrics'
import type { HeaderTable } from '../../http/header-table.ts'
import { CONTINUE, type FilterBlueprint, type FilterDeps, type FilterStatus, type FilterStream, type HttpFilter } from '../filter.ts'
import { chooseEncoding, type Offer } from './accept-encoding.ts'
import { BodyTransform } from './body-transform.ts'

export interface CompressorLibrary {
  /** As in `content-encoding`. */
  readonly encoding: string
  readonly flushKind: number
  create(): Gzip | BrotliCompress | ZstdCompress
}

export interface DirectionFields {
  readonly enabled: boolean
  /** Bytes; shorter bodies stay as they are. */
  readonly minLength: number
  readonly contentTypes: ReadonlySet<string>
}

export interface CompressorFields {
  readonly library: CompressorLibrary
  readonly response: DirectionFields
  /** null: requests stay as they are. */
  readonly request: DirectionFields | null
  readonly disabledByEtag: boolean
  readonly removesAcceptEncoding: boolean
  readonly chooseFirst: boolean
}

/** Per-route settings. */
export class CompressorOverride {
  /** null: the filter's. */
  readonly removesAcceptEncoding: boolean | null

  constructor(removesAcceptEncoding: boolean | null) {
    this.removesAcceptEncoding = removesAcceptEncoding
  }
}

export function compressorBlueprint(fields: CompressorFields): FilterBlueprint {
  return { name: 'envoy.filters.http.compressor', compile: deps => new CompressorFilter(fields, deps) }
}

/** What the compressors of a chain offer for one request, in their order, so that the client's favourite is taken. */
const offersOf = new WeakMap<FilterStream, Offer[]>()

class CompressedRequest {
  readonly acceptEncoding: string | null
  request: BodyTransform | null = null
  response: BodyTransform | null = null

  constructor(acceptEncoding: string | null) {
    this.acceptEncoding = acceptEncoding
  }
}

/** `envoy.extensions.filters.http.compressor.v3.Compressor` */
class CompressorFilter implements HttpFilter, Offer {
  readonly encoding: string
  readonly chooseFirst: boolean
  private readonly fields: CompressorFields
  private readonly deps: FilterDeps
  private readonly compressed: Slot
  private readonly notCompressed: Slot

  constructor(fields: CompressorFields, deps: FilterDeps) {
    this.fields = fields
    this.deps = deps
    this.encoding = fields.library.encoding
    this.chooseFirst = fields.chooseFirst
    this.compressed = deps.stats.counter(`compressor.${this.encoding}.response.compressed`)
    this.notCompressed = deps.stats.counter(`compressor.${this.encoding}.response.not_compressed`)
  }

  onRequestHead(stream: FilterStream, endStream: boolean): FilterStatus {
    const headers = stream.requestHeaders
    const request = new CompressedRequest(headers.getJoined('accept-encoding'))
    stream.setState(this.deps.slot, request)
    const offers = offersOf.get(stream)
    if (offers === undefined) offersOf.set(stream, [this])
    else offers.push(this)
    const override = stream.settings(this.deps.slot)
    const removes = override instanceof CompressorOverride ? override.removesAcceptEncoding : null
    if (removes ?? this.fields.removesAcceptEncoding) headers.remove('accept-encoding')
    const { request: direction } = this.fields
    if (direction !== null && !endStream && suits(headers, direction) && isLongEnough(headers, direction)) {
      this.markEncoded(headers)
      request.request = new BodyTransform(this.fields.library, chunk => stream.injectRequestData(this.deps.slot, chunk))
    }
    return CONTINUE
  }

  onRequestData(stream: FilterStream, chunk: Buffer): FilterStatus {
    const transform = this.requestOf(stream)?.request ?? null
    if (transform === null) return CONTINUE
    stream.replaceRequestData(NOTHING)
    return transform.write(chunk, () => stream.resumeRequest(this.deps.slot))
  }

  onRequestEnd(stream: FilterStream): FilterStatus {
    return this.requestOf(stream)?.request?.end(() => stream.resumeRequest(this.deps.slot)) ?? CONTINUE
  }

  onResponseHead(stream: FilterStream, endStream: boolean): FilterStatus {
    const request = this.requestOf(stream)
    const headers = stream.responseHeaders
    const { response } = this.fields
    if (request === null || headers === null || stream.status === 101) return CONTINUE
    const compressible = response.enabled && isLongEnough(headers, response) && suits(headers, response) && this.etagAllows(headers)
    const chosen = compressible && chooseEncoding(request.acceptEncoding, offersOf.get(stream) ?? []) === this.encoding
    const compresses = chosen && !endStream && stream.status >= 200 && stream.status !== 204 && stream.status !== 206
    this.deps.stats.registry.add(compresses ? this.compressed : this.notCompressed, 1)
    if (compressible) addVary(headers)
    if (!compresses) return CONTINUE
    // A strong tag names other bytes (RFC 9110 section 8.8.1).
    if (headers.get('etag')?.startsWith('W/') === false) headers.remove('etag')
    this.markEncoded(headers)
    request.response = new BodyTransform(this.fields.library, chunk => stream.injectResponseData(this.deps.slot, chunk))
    return CONTINUE
  }

  onResponseData(stream: FilterStream, chunk: Buffer): FilterStatus {
    const transform = this.requestOf(stream)?.response ?? null
    if (transform === null) return CONTINUE
    stream.replaceResponseData(NOTHING)
    return transform.write(chunk, () => stream.resumeResponse(this.deps.slot))
  }

  onResponseEnd(stream: FilterStream): FilterStatus {
    return this.requestOf(stream)?.response?.end(() => stream.resumeResponse(this.deps.slot)) ?? CONTINUE
  }

  onComplete(stream: FilterStream): void {
    const request = this.requestOf(stream)
    request?.request?.close()
    request?.response?.close()
  }

  private requestOf(stream: FilterStream): CompressedRequest | null {
    const state = stream.state(this.deps.slot)
    return state instanceof CompressedRequest ? state : null
  }

  private markEncoded(headers: HeaderTable): void {
    headers.remove('content-length')
    headers.set('content-encoding', this.encoding)
  }

  private etagAllows(headers: HeaderTable): boolean {
    return !this.fields.disabledByEtag || !headers.has('etag')
  }
}

const NOTHING = Buffer.alloc(0)

/** Nothing but its length and the client speaks against compressing it. */
function suits(headers: HeaderTable, { contentTypes }: DirectionFields): boolean {
  if (headers.has('content-encoding')) return false
  if (headers.getJoined('cache-control')?.toLowerCase().includes('no-transform') === true) return false
  if (/gzip|deflate|compress/i.test(headers.getJoined('transfer-encoding') ?? '')) return false
  const type = headers.get('content-type')
  return type === null || contentTypes.has((type.split(';', 1)[0] ?? '').trim().toLowerCase())
}

function isLongEnough(headers: HeaderTable, { minLength }: DirectionFields): boolean {
  const length = headers.get('content-length')
  return length === null || Number(length) >= minLength
}

function addVary(headers: HeaderTable): void {
  const vary = headers.getJoined('vary')
  if (vary === null) headers.set('vary', 'Accept-Encoding')
  else if (!/(^|,)\s*(accept-encoding|\*)\s*(,|$)/i.test(vary)) headers.set('vary', `${vary}, Accept-Encoding`)
}
