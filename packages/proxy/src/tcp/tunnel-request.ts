/** Longest answer head that is read. */
const MOST_BYTES = 16_384
const END = '\r\n\r\n'

/** What came of the bytes so far: more are needed, the tunnel stands and `rest` came through it, or there will be none. */
export type TunnelAnswer =
  | 'incomplete'
  | { readonly kind: 'open'; readonly rest: Buffer }
  | { readonly kind: 'refused'; readonly reason: string }

/** Asks an HTTP/1.1 proxy for a connection to `target` (CONNECT, RFC 9110 section 9.3.6) and reads its answer. */
export class TunnelRequest {
  readonly text: string
  private head: Buffer = Buffer.alloc(0)

  constructor(target: string) {
    this.text = `CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n`
  }

  feed(bytes: Buffer): TunnelAnswer {
    this.head = Buffer.concat([this.head, bytes])
    const end = this.head.indexOf(END)
    if (end < 0) return this.head.length > MOST_BYTES ? refused('the answer to CONNECT is too long') : 'incomplete'
    const [, status] = /^HTTP\/1\.[01] (\d{3})(?: |\r)/.exec(this.head.toString('latin1', 0, end + END.length)) ?? []
    if (status === undefined) return refused('the answer to CONNECT is not HTTP/1')
    // As Envoy has it, only 200 opens a tunnel.
    return status === '200' ? { kind: 'open', rest: this.head.subarray(end + END.length) } : refused(`CONNECT was answered ${status}`)
  }
}

function refused(reason: string): TunnelAnswer {
  return { kind: 'refused', reason }
}
