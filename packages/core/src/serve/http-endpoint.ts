import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { SocketAddress } from '../ids/socket-address.ts'
import type { Runner } from '../lifecycle/runner.ts'
import type { Logger } from '../log/logger.ts'
import { messageOf } from '../result/mesh-error.ts'
import { type HttpAnswer, textAnswer } from './http-answer.ts'
import { closeAtOnce, listenAt, portInUse } from './http-listening.ts'

export type HttpPage = (query: URLSearchParams) => HttpAnswer | Promise<HttpAnswer>

export interface HttpEndpointOptions {
  readonly name: string
  /** Port 0 lets the system choose. Whoever reaches the address reads all pages: loopback, unless a network keeps others out. */
  readonly address: SocketAddress
  /** The flag that chooses the address, for whoever reads that it is taken. */
  readonly flag: string
  /** What is served, by path (`/metrics`). */
  readonly pages: ReadonlyMap<string, HttpPage>
  /** What is done on a POST from this machine, by path; others are refused. */
  readonly actions?: ReadonlyMap<string, () => HttpAnswer>
  /** Decides about each request before its page is asked; an answer refuses it. Default: whoever reaches the address reads. */
  readonly guard?: (caller: HttpCaller) => Promise<HttpAnswer | undefined>
  readonly log: Logger
}

/** Who asks for a page. */
export interface HttpCaller {
  readonly path: string
  /** undefined: over a socket in the file system. */
  readonly remoteAddress: string | undefined
  /** `authorization: Bearer …`. */
  readonly bearerToken: string | undefined
}

/** A request is a line and a few headers: whoever needs longer, or sends more, is not a reader of pages. */
const LIMITS = { maxHeaderSize: 16_384, headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 5_000 }
const MOST_CONNECTIONS = 256

/** Pages to read over HTTP, for people and for Prometheus. Not on the path of traffic. */
export class HttpEndpoint implements Runner {
  readonly name: string
  private readonly options: HttpEndpointOptions
  private readonly server: Server

  constructor(options: HttpEndpointOptions) {
    this.name = options.name
    this.options = options
    this.server = createServer(LIMITS, (request, response) => void this.serve(request, response))
    this.server.maxConnections = MOST_CONNECTIONS
  }

  /** The port in use, also when the system chose it; 0 before `start`, and for a socket in the file system. */
  get port(): number {
    return portInUse(this.server)
  }

  start(): Promise<void> {
    return listenAt(this.server, this.options.address, this.options.flag)
  }

  close(): Promise<void> {
    return closeAtOnce(this.server)
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume()
    const { status, contentType, body } = await this.answer(request)
    response.writeHead(status, { 'content-type': contentType }).end(request.method === 'HEAD' ? '' : body)
  }

  private async answer(request: IncomingMessage): Promise<HttpAnswer> {
    const { method, url = '/', headers, socket } = request
    const action = method === 'POST' ? this.options.actions?.get(url) : undefined
    if (action !== undefined) return isFromThisMachine(socket.remoteAddress) ? action() : textAnswer('only from this machine\n', 403)
    if (method !== 'GET' && method !== 'HEAD') return textAnswer('only GET\n', 405)
    const { pages, log } = this.options
    const target = URL.parse(url, 'http://localhost')
    const page = target === null ? undefined : pages.get(target.pathname)
    if (target === null || page === undefined) return textAnswer(`no such page; there are:\n${[...pages.keys()].join('\n')}\n`, 404)
    try {
      const [, bearerToken] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
      const refusal = await this.options.guard?.({ path: target.pathname, remoteAddress: socket.remoteAddress, bearerToken })
      return refusal ?? (await page(target.searchParams))
    } catch (error) {
      log.error('page failed', { page: target.pathname, error: messageOf(error) })
      return textAnswer('the page failed; see the log\n', 500)
    }
  }
}

/** undefined: over a socket in the file system. */
export function isFromThisMachine(address: string | undefined): boolean {
  return address === undefined || /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address)
}
