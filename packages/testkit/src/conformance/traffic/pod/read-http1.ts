import type { Socket } from 'node:net'

/** What came back on the wire. Status 0: no HTTP. */
export interface Exchanged {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

interface Head {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
}

const HEAD_END = '\r\n\r\n'

/** The bytes of one connection, taken piece by piece. Rejects when the connection breaks before a piece is complete. */
class Intake {
  private text = ''
  private ended = false
  private failed: Error | null = null
  private wake: () => void = () => undefined

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1')
      this.wake()
    })
    socket.on('end', () => this.end(null))
    socket.on('close', () => this.end(null))
    socket.on('error', error => this.end(error))
  }

  /** Up to and with `mark`. */
  async until(mark: string): Promise<string> {
    while (!this.text.includes(mark)) await this.more()
    return this.take(this.text.indexOf(mark) + mark.length)
  }

  async exactly(count: number): Promise<string> {
    while (this.text.length < count) await this.more()
    return this.take(count)
  }

  async rest(): Promise<string> {
    while (!this.ended) await new Promise<void>(resolve => (this.wake = resolve))
    return this.take(this.text.length)
  }

  private take(count: number): string {
    const piece = this.text.slice(0, count)
    this.text = this.text.slice(count)
    return piece
  }

  private async more(): Promise<void> {
    if (this.ended) throw this.failed ?? Object.assign(new Error('closed'), { code: 'closed' })
    await new Promise<void>(resolve => (this.wake = resolve))
  }

  private end(error: Error | null): void {
    this.failed ??= error
    this.ended = true
    this.wake()
  }
}

/** Reads one response, whose framing RFC 9112 section 6.3 decides. After 101 `upgraded` is sent and everything until the end is read. */
export async function readHttp1(socket: Socket, method: string, upgraded?: string): Promise<Exchanged> {
  const intake = new Intake(socket)
  let head = parseHead(await intake.until(HEAD_END))
  while (head.status < 200 && head.status !== 101) head = parseHead(await intake.until(HEAD_END))
  if (head.status === 101) {
    socket.write(upgraded ?? '')
    return { ...head, body: await intake.rest() }
  }
  return { ...head, body: hasNoBody(head, method) ? '' : await readBody(intake, head) }
}

function hasNoBody(head: Head, method: string): boolean {
  return method === 'HEAD' || head.status === 204 || head.status === 304
}

async function readBody(intake: Intake, head: Head): Promise<string> {
  const field = (name: string): string | undefined => head.headers.find(([key]) => key === name)?.[1]
  if (field('transfer-encoding')?.toLowerCase().includes('chunked') === true) return await readChunks(intake)
  const length = field('content-length')
  return length === undefined ? await intake.rest() : await intake.exactly(Number(length))
}

async function readChunks(intake: Intake): Promise<string> {
  let body = ''
  for (;;) {
    const size = Number.parseInt(await intake.until('\r\n'), 16)
    if (size === 0) break
    body += await intake.exactly(size)
    await intake.exactly(2)
  }
  while ((await intake.until('\r\n')) !== '\r\n');
  return body
}

function parseHead(text: string): Head {
  const [statusLine = '', ...lines] = text.slice(0, -HEAD_END.length).split('\r\n')
  const status = Number(/^HTTP\/\d\.\d (\d{3})/.exec(statusLine)?.[1] ?? Number.NaN)
  if (Number.isNaN(status)) throw Object.assign(new Error(`no HTTP: ${statusLine}`), { code: 'not-http' })
  return {
    status,
    headers: lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const),
  }
}
