import type { Slot, StatScope } from '@meshwork/core/metrics'
import { HeaderTable } from '../../http/header-table.ts'
import { CONTINUE, type FilterBlueprint, type FilterDeps, type FilterStatus, type FilterStream, type HttpFilter, PAUSE } from '../filter.ts'
import { advertise } from './accept-encoding.ts'
import { BodyReader } from './body-reader.ts'
import type { DecompressorLibrary } from './library.ts'

export interface DirectionSettings {
  readonly enabled: boolean
  /** `cache-control: no-transform` does not matter. */
  readonly ignoresNoTransform: boolean
}

export interface DecompressorSettings {
  /** null: refused when it was decoded. */
  readonly library: DecompressorLibrary | null
  readonly request: DirectionSettings
  readonly response: DirectionSettings
  /** Upstreams are told that they may answer in the coding. */
  readonly advertises: boolean
}

export function decompressorBlueprint(settings: DecompressorSettings): FilterBlueprint {
  const { library } = settings
  return {
    name: 'envoy.filters.http.decompressor',
    compile: deps => (library === null ? null : new DecompressorFilter(settings, library, deps)),
  }
}

/** Figures of one direction. */
class DirectionStats {
  private readonly scope: StatScope
  private readonly decompressed: Slot
  private readonly notDecompressed: Slot
  private readonly bytesIn: Slot
  private readonly bytesOut: Slot

  constructor(scope: StatScope, prefix: string) {
    this.scope = scope
    this.decompressed = scope.counter(`${prefix}decompressed`)
    this.notDecompressed = scope.counter(`${prefix}not_decompressed`)
    this.bytesIn = scope.counter(`${prefix}total_compressed_bytes`)
    this.bytesOut = scope.counter(`${prefix}total_uncompressed_bytes`)
  }

  decided(decompresses: boolean): void {
    this.scope.registry.add(decompresses ? this.decompressed : this.notDecompressed, 1)
  }

  ended({ bytesIn, bytesOut }: BodyReader): void {
    this.scope.registry.add(this.bytesIn, bytesIn)
    this.scope.registry.add(this.bytesOut, bytesOut)
  }
}

class Readers {
  request: BodyReader | null = null
  response: BodyReader | null = null
  /** The request is not what it says: the client is told as soon as the filter is asked again. */
  requestBroken = false
}

/**
 * `envoy.extensions.filters.http.decompressor.v3.Decompressor`. A response that is not what it says ends where that shows, as in
 * Envoy; such a request is answered 400, because what is left of it must not be taken for the whole.
 */
class DecompressorFilter implements HttpFilter {
  private readonly settings: DecompressorSettings
  private readonly library: DecompressorLibrary
  private readonly deps: FilterDeps
  private readonly requestStats: DirectionStats
  private readonly responseStats: DirectionStats
  private readonly errors: Slot
  private readonly trailer: string

  constructor(settings: DecompressorSettings, library: DecompressorLibrary, deps: FilterDeps) {
    const prefix = `decompressor.${library.name}.${library.family}.`
    this.settings = settings
    this.library = library
    this.deps = deps
    this.requestStats = new DirectionStats(deps.stats, `${prefix}request.`)
    this.responseStats = new DirectionStats(deps.stats, `${prefix}response.`)
    this.errors = deps.stats.counter(`${prefix}decompressor_library.${library.errorCounter}`)
    this.trailer = `x-envoy-decompressor-${library.name.toLowerCase()}`
  }

  onRequestHead(stream: FilterStream, endStream: boolean): FilterStatus {
    const { requestHeaders: headers } = stream
    const { request, response, advertises } = this.settings
    const { encoding } = this.library
    if (response.enabled && advertises) headers.set('accept-encoding', advertise(headers.getJoined('accept-encoding'), encoding))
    if (endStream) return CONTINUE
    const decompresses = this.isFor(headers, request)
    this.requestStats.decided(decompresses)
    if (!decompresses) return CONTINUE
    takeCodingOff(headers)
    const readers = this.readersOf(stream)
    const emit = (chunk: Buffer): void => stream.injectRequestData(this.deps.slot, chunk)
    readers.request = new BodyReader(this.library, emit, () => {
      this.countError()
      readers.requestBroken = true
    })
    return CONTINUE
  }

  onRequestData(stream: FilterStream, chunk: Buffer): FilterStatus {
    const readers = this.known(stream)
    if (readers === null || readers.request === null) return CONTINUE
    stream.replaceRequestData(NOTHING)
    return readers.request.write(chunk, () => this.goOnWithRequest(stream, readers)) ? PAUSE : CONTINUE
  }

  onRequestEnd(stream: FilterStream): FilterStatus {
    const readers = this.known(stream)
    const reader = readers?.request ?? null
    if (readers === null || reader === null) return CONTINUE
    const ended = (): void => {
      this.requestStats.ended(reader)
      stream.requestTrailers = this.withTotals(stream.requestTrailers, reader)
      this.goOnWithRequest(stream, readers)
    }
    return reader.end(ended) ? PAUSE : CONTINUE
  }

  onResponseHead(stream: FilterStream, endStream: boolean): FilterStatus {
    const { responseHeaders: headers } = stream
    if (headers === null || endStream || stream.status === 101) return CONTINUE
    const decompresses = this.isFor(headers, this.settings.response)
    this.responseStats.decided(decompresses)
    if (!decompresses) return CONTINUE
    takeCodingOff(headers)
    const emit = (chunk: Buffer): void => stream.injectResponseData(this.deps.slot, chunk)
    this.readersOf(stream).response = new BodyReader(this.library, emit, () => this.countError())
    return CONTINUE
  }

  onResponseData(stream: FilterStream, chunk: Buffer): FilterStatus {
    const reader = this.known(stream)?.response ?? null
    if (reader === null) return CONTINUE
    stream.replaceResponseData(NOTHING)
    return reader.write(chunk, () => stream.resumeResponse(this.deps.slot)) ? PAUSE : CONTINUE
  }

  onResponseEnd(stream: FilterStream): FilterStatus {
    const reader = this.known(stream)?.response ?? null
    if (reader === null) return CONTINUE
    const report = (): void => {
      this.responseStats.ended(reader)
      stream.responseTrailers = this.withTotals(stream.responseTrailers, reader)
    }
    const waits = reader.end(() => {
      report()
      stream.resumeResponse(this.deps.slot)
    })
    if (!waits) report()
    return waits ? PAUSE : CONTINUE
  }

  onComplete(stream: FilterStream): void {
    const readers = this.known(stream)
    readers?.request?.close()
    readers?.response?.close()
  }

  private goOnWithRequest(stream: FilterStream, { requestBroken }: Readers): void {
    if (requestBroken) stream.reply(400, 'the body is not of its content-encoding\n', 0, 'decompressor_data_error')
    else stream.resumeRequest(this.deps.slot)
  }

  private isFor(headers: HeaderTable, { enabled, ignoresNoTransform }: DirectionSettings): boolean {
    if (!enabled || firstCoding(headers) !== this.library.encoding) return false
    return ignoresNoTransform || !hasNoTransform(headers)
  }

  private withTotals(trailers: HeaderTable | null, { bytesIn, bytesOut }: BodyReader): HeaderTable {
    const table = trailers ?? new HeaderTable()
    table.set(`${this.trailer}-compressed-bytes`, String(bytesIn))
    table.set(`${this.trailer}-uncompressed-bytes`, String(bytesOut))
    return table
  }

  private countError(): void {
    this.deps.stats.registry.add(this.errors, 1)
  }

  private known(stream: FilterStream): Readers | null {
    const state = stream.state(this.deps.slot)
    return state instanceof Readers ? state : null
  }

  private readersOf(stream: FilterStream): Readers {
    const known = this.known(stream)
    if (known !== null) return known
    const readers = new Readers()
    stream.setState(this.deps.slot, readers)
    return readers
  }
}

const NOTHING = Buffer.alloc(0)

/** Envoy takes off the coding that stands first. */
function firstCoding(headers: HeaderTable): string | null {
  return headers.getJoined('content-encoding')?.split(',', 1)[0]?.trim().toLowerCase() ?? null
}

function takeCodingOff(headers: HeaderTable): void {
  const others = (headers.getJoined('content-encoding') ?? '').split(',').slice(1).join(',').trim()
  headers.remove('content-length')
  if (others === '') headers.remove('content-encoding')
  else headers.set('content-encoding', others)
}

function hasNoTransform(headers: HeaderTable): boolean {
  const directives = headers.getJoined('cache-control')?.toLowerCase().split(',') ?? []
  return directives.some(directive => directive.trim() === 'no-transform')
}
