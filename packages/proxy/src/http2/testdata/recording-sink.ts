import type { HeaderTable } from '../../http/header-table.ts'
import type { Http2Output, Http2Sink } from '../http2-sink.ts'
import type { Http2Stream } from '../http2-stream.ts'

/** What a stream has been told, data joined. */
export interface StreamLog {
  head: string
  interim: string[]
  data: string
  trailers: string | null
  ended: boolean
  reset: string
  closed: number
}

export function newLog(): StreamLog {
  return { head: '', interim: [], data: '', trailers: null, ended: false, reset: '', closed: 0 }
}

/** Writes down every call; `owner` of a stream is its log. */
export class RecordingSink implements Http2Sink<StreamLog> {
  readonly streams: Map<number, StreamLog> = new Map()
  readonly events: string[] = []
  /** Called after the head of a message, for tests that answer. */
  onHead: ((stream: Http2Stream<StreamLog>, endStream: boolean) => void) | null = null
  onChunk: ((stream: Http2Stream<StreamLog>, size: number) => void) | null = null
  onEnd: ((stream: Http2Stream<StreamLog>) => void) | null = null
  outputs = 0

  log(stream: Http2Stream<StreamLog>): StreamLog {
    const known = this.streams.get(stream.id)
    if (known !== undefined) return known
    const log = newLog()
    this.streams.set(stream.id, log)
    return log
  }

  onRequestHead(stream: Http2Stream<StreamLog>, endStream: boolean): void {
    const { method, scheme, authority, path, protocol, headers } = stream
    this.log(stream).head = `${method} ${scheme} ${authority} ${path} ${protocol}|${fields(headers)}`
    this.onHead?.(stream, endStream)
  }

  onResponseHead(stream: Http2Stream<StreamLog>, endStream: boolean): void {
    this.log(stream).head = `${stream.status}|${fields(stream.headers)}`
    this.onHead?.(stream, endStream)
  }

  onInterimHead(stream: Http2Stream<StreamLog>, status: number, headers: HeaderTable): void {
    this.log(stream).interim.push(`${status}|${fields(headers)}`)
  }

  onData(stream: Http2Stream<StreamLog>, chunk: Buffer): void {
    this.log(stream).data += chunk.toString('latin1')
    this.onChunk?.(stream, chunk.length)
  }

  onStreamEnd(stream: Http2Stream<StreamLog>, trailers: HeaderTable | null): void {
    const log = this.log(stream)
    log.ended = true
    log.trailers = trailers === null ? null : fields(trailers)
    this.onEnd?.(stream)
  }

  onStreamReset(stream: Http2Stream<StreamLog>, code: number, cause: string): void {
    this.log(stream).reset = `${cause} ${code}`
  }

  onStreamDrain(stream: Http2Stream<StreamLog>): void {
    this.events.push(`drain ${stream.id}`)
  }

  onStreamClosed(stream: Http2Stream<StreamLog>): void {
    this.log(stream).closed++
  }

  onGoaway(lastStreamId: number, code: number, debug: Buffer): void {
    this.events.push(`goaway ${lastStreamId} ${code} ${debug.toString('latin1')}`)
  }

  onSettings(): void {
    this.events.push('settings')
  }

  onPong(opaque: number): void {
    this.events.push(`pong ${opaque}`)
  }

  onSessionError(code: number, reason: string): void {
    this.events.push(`error ${code} ${reason}`)
  }

  onOutput(): void {
    this.outputs++
  }
}

export function fields(headers: HeaderTable): string {
  return headers.names.map((name, i) => `${name.key}=${headers.values[i] ?? ''}`).join(';')
}

/** Keeps what is written until it is taken. */
export class HeldOutput implements Http2Output {
  congested = false
  private readonly parts: Buffer[] = []

  write(bytes: Buffer): boolean {
    this.parts.push(bytes)
    return false
  }

  take(): Buffer {
    const all = Buffer.concat(this.parts)
    this.parts.length = 0
    return all
  }
}
