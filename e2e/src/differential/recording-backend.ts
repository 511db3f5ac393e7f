import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Complete requests that got through to it, by the number of the case that they carry in path or host. */
export class RecordingBackend implements AsyncDisposable {
  private readonly server: Server
  private readonly byCase = new Map<number, string[]>()

  private constructor() {
    // Whatever a proxy makes of a request is to be seen: what is refused is refused before this.
    this.server = createServer({ requireHostHeader: false, maxHeaderSize: 262_144, keepAliveTimeout: 60_000 }, (request, response) => {
      let body = ''
      request.on('error', () => undefined)
      request.on('data', (part: Buffer) => (body += part.toString('latin1')))
      request.once('end', () => {
        this.record(request, body)
        response.end('ok')
      })
    })
    this.server.on('clientError', (error: Error & { readonly rawPacket?: Buffer }, socket) => {
      this.refused(error.rawPacket?.toString('latin1') ?? '')
      socket.destroy()
    })
  }

  static async start(): Promise<RecordingBackend> {
    const backend = new RecordingBackend()
    await new Promise<void>(resolve => backend.server.listen(0, '127.0.0.1', resolve))
    return backend
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** `POST first "hello"`, in the order in which they ended. */
  messages(index: number): readonly string[] {
    return this.byCase.get(index) ?? []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise(resolve => this.server.close(resolve))
  }

  private record({ method = '', url = '', headers }: IncomingMessage, body: string): void {
    this.add(`${url} ${headers.host ?? ''}`, `${method} ${which(url)}${body === '' ? '' : ` ${JSON.stringify(body)}`}`)
  }

  /** The proxy passed on what this server does not read. What it did read of it before is not told. */
  private refused(bytes: string): void {
    const [line = ''] = bytes.split('\n', 1)
    this.add(bytes, `unreadable ${which(line)}`)
  }

  private add(from: string, message: string): void {
    const [, index] = /case(\d+)/.exec(from) ?? []
    if (index === undefined) return
    const messages = this.byCase.get(Number(index)) ?? []
    messages.push(message)
    this.byCase.set(Number(index), messages)
  }
}

function which(target: string): string {
  return target.includes('canary') ? 'canary' : 'first'
}
