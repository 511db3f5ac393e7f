import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Discovery } from './discovery.ts'
import { configDump } from './config-dump.ts'
import { listenError } from './listen-error.ts'
import type { PilotMetrics } from './metrics.ts'
import { syncStatus } from './sync-status.ts'

export interface DebugHttpOptions {
  readonly address: string
  readonly discovery: Discovery
  readonly metrics: PilotMetrics
  /** Whether every source has delivered its first batch. */
  readonly isReady: () => boolean
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

type Handler = (options: DebugHttpOptions, query: URLSearchParams) => Answer | Promise<Answer>

/** Every path that is served, with what it answers. */
const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['/ready', ({ isReady }) => (isReady() ? text(200, 'ready\n') : text(503, 'configuration is not read yet\n'))],
  ['/metrics', async ({ metrics }) => ({ status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() })],
  ['/debug/syncz', ({ discovery }) => json(discovery.clients().map(syncStatus))],
  ['/debug/configz', ({ discovery }) => json([...discovery.loop.snapshot.objects.values()].filter(isShowable))],
  ['/debug/registryz', ({ discovery }) => json(discovery.loop.snapshot.registry.services)],
  ['/debug/endpointz', ({ discovery }) => json([...discovery.loop.snapshot.registry.endpoints.values()].flat())],
  ['/debug/rejections', ({ discovery }) => json(discovery.loop.snapshot.rejections)],
  ['/debug/push_status', ({ discovery }) => json({ ...discovery.report, generated: discovery.loop.generator.counters() })],
  ['/debug/config_dump', dumpOf],
])

/** Secrets are configuration too, but nobody's business. */
function isShowable(object: { readonly kind: string }): boolean {
  return object.kind !== 'Secret'
}

function dumpOf({ discovery }: DebugHttpOptions, query: URLSearchParams): Answer {
  const proxy = query.get('proxyID')
  if (proxy === null || proxy === '') return text(400, 'say which proxy: /debug/config_dump?proxyID=<pod>.<namespace>\n')
  const view = discovery.viewOf(proxy)
  if (view === undefined) return text(404, `proxy '${proxy}' is not connected; /debug/syncz lists those that are\n`)
  return json(configDump(view))
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body }
}

function json(value: unknown): Answer {
  return { status: 200, type: 'application/json', body: `${JSON.stringify(value, plainValue, 2)}\n` }
}

function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Map ? Object.fromEntries(value) : value
}

/** What the control plane knows, for `meshctl` and for people. Read-only, and for loopback. */
export class DebugHttp implements Runner {
  readonly name = 'debug'
  private readonly options: DebugHttpOptions
  private readonly server: Server

  constructor(options: DebugHttpOptions) {
    this.options = options
    this.server = createServer((request, response) => void this.handle(request, response))
  }

  /** The port in use; 0 before `start`. */
  get port(): number {
    const address = this.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  start(): Promise<void> {
    const [host, port] = splitAddress(this.options.address)
    return new Promise((resolve, reject) => {
      this.server.once('error', error => reject(listenError('debug and metrics', this.options.address, error)))
      this.server.listen(port, host, resolve)
    })
  }

  close(): Promise<void> {
    this.server.closeAllConnections()
    return new Promise(resolve => {
      this.server.close(() => resolve())
    })
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.answer(request)
    response.writeHead(answer.status, { 'content-type': answer.type })
    response.end(answer.body)
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'only GET\n')
    const url = URL.parse(request.url ?? '', 'http://pilot')
    const handler = url === null ? undefined : HANDLERS.get(url.pathname)
    if (url === null || handler === undefined) return text(404, `no such page; there are:\n${[...HANDLERS.keys()].join('\n')}\n`)
    return await handler(this.options, url.searchParams)
  }
}

function splitAddress(address: string): readonly [host: string, port: number] {
  const colon = address.lastIndexOf(':')
  return [address.slice(0, colon).replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1))]
}
