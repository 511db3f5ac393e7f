import { DEFAULT_HTTP2_OPTIONS, type Http2Options } from '../http2-options.ts'
import { Http2Session } from '../http2-session.ts'
import { HeldOutput, RecordingSink, type StreamLog } from './recording-sink.ts'

export interface End {
  readonly session: Http2Session<StreamLog>
  readonly sink: RecordingSink
  readonly output: HeldOutput
}

export function end(role: 'server' | 'client', options: Partial<Http2Options> = {}): End {
  const sink = new RecordingSink()
  const output = new HeldOutput()
  const session = new Http2Session<StreamLog>(role, sink, output, { ...DEFAULT_HTTP2_OPTIONS, ...options })
  session.start()
  return { session, sink, output }
}

/** A client and a server that talk to each other through `exchange`. */
export class SessionPair {
  readonly client: End
  readonly server: End

  constructor(clientOptions: Partial<Http2Options> = {}, serverOptions: Partial<Http2Options> = {}) {
    this.client = end('client', clientOptions)
    this.server = end('server', serverOptions)
    this.exchange()
  }

  /** Carries bytes both ways until there are none; `piece`: cut into so many bytes. */
  exchange(piece: number = 65_536): void {
    for (let silent = 0; silent < 2; ) silent = this.carry(this.client, this.server, piece) + this.carry(this.server, this.client, piece) > 0 ? 0 : silent + 1
  }

  private carry(from: End, to: End, piece: number): number {
    from.session.flush()
    const bytes = from.output.take()
    for (let at = 0; at < bytes.length; at += piece) to.session.feed(bytes, at, Math.min(bytes.length, at + piece), 0)
    return bytes.length
  }
}
