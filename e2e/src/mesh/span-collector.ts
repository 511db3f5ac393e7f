import { createServer, type Server } from 'node:http'

/** A span as Zipkin's JSON v2 has it; what scenarios read. */
export interface CollectedSpan {
  readonly traceId: string
  readonly id: string
  readonly parentId?: string
  readonly kind: string
  readonly name: string
}

/** Takes spans as Zipkin does (`POST /api/v2/spans`), on a port of 127.0.0.1. */
export class SpanCollector implements AsyncDisposable {
  readonly spans: CollectedSpan[] = []
  port = 0
  private readonly server: Server

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        if (request.method === 'POST' && request.url === '/api/v2/spans') this.take(Buffer.concat(chunks).toString())
        response.writeHead(202).end()
      })
    })
  }

  static async listen(): Promise<SpanCollector> {
    const collector = new SpanCollector()
    await new Promise<void>(resolve => collector.server.listen(0, '127.0.0.1', resolve))
    const address = collector.server.address()
    collector.port = typeof address === 'object' && address !== null ? address.port : 0
    return collector
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise<void>(resolve => void this.server.close(() => resolve()))
  }

  private take(json: string): void {
    const spans: readonly CollectedSpan[] = JSON.parse(json)
    this.spans.push(...spans)
  }
}
