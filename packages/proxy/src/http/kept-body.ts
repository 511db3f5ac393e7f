/** Bytes of a request's body that are kept so that it can be sent again, unless configured (`per_request_buffer_limit_bytes`). */
const DEFAULT_REPLAY_BYTES = 1024 * 1024
/** Bytes that wait for a connection before the client is asked to wait. */
const MAX_HELD_BYTES = 65_536

/** Parts of a request's body that were not sent yet, or may be sent again. */
export class KeptBody {
  chunks: Buffer[] = []
  /** Parts that were sent are no longer here: the request cannot be repeated. */
  lost = false
  private bytes = 0
  private readonly maxReplayBytes: number

  /** `maxReplayBytes`: beyond, the request is not repeated. */
  constructor(maxReplayBytes: number = DEFAULT_REPLAY_BYTES) {
    this.maxReplayBytes = maxReplayBytes
  }

  /** More waits than should. */
  get full(): boolean {
    return this.bytes > MAX_HELD_BYTES
  }

  /** It may be sent again as a whole, also with `more` bytes. */
  mayGrow(more: number): boolean {
    return !this.lost && this.bytes + more <= this.maxReplayBytes
  }

  /** `volatile`: the chunk must be copied to be kept. */
  keep(chunk: Buffer, volatile: boolean): void {
    this.chunks.push(volatile ? Buffer.from(chunk) : chunk)
    this.bytes += chunk.length
  }

  lose(): void {
    this.lost = true
    this.chunks = []
  }
}
