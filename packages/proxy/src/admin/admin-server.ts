import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { formatSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import { listenFailure } from '@meshwork/core/serve'
import { type AdminAnswer, type AdminPage, textAnswer } from './admin-page.ts'

export interface AdminServerOptions {
  readonly address: SocketAddress
  readonly pages: readonly AdminPage[]
  readonly log: Logger
}

/** Serves the admin pages over HTTP. Not on the path of traffic, so Node's own server will do. */
export class AdminServer implements Runner {
  readonly name = 'admin'
  private readonly options: AdminServerOptions
  private readonly pages: ReadonlyMap<string, AdminPage>
  private readonly server: Server

  constructor(options: AdminServerOptions) {
    this.options = options
    this.pages = new Map(options.pages.map(page => [page.path, page]))
    this.server = createServer((request, response) => this.serve(request, response))
    this.server.requestTimeout = 10_000
  }

  /** With port 0, the one the system chose. */
  get boundPort(): number {
    const address = this.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  start(): Promise<void> {
    const { address } = this.options
    const place = address.kind === 'tcp' ? { host: address.host, port: address.port } : { path: address.path }
    return new Promise((resolve, reject) => {
      this.server.once('error', error => reject(listenFailure(error, address, '--admin')))
      this.server.listen(place, () => resolve())
      if (isExposed(address))
        this.options.log.warn('the admin interface listens beyond this machine: whoever reaches it may stop the proxy', {
          address: formatSocketAddress(address),
        })
    })
  }

  close(): Promise<void> {
    return new Promise(resolve => {
      this.server.close(() => resolve())
      this.server.closeAllConnections()
    })
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    const answer = this.answer(request)
    const headers = {
      'content-type': answer.contentType,
      'cache-control': 'no-cache, max-age=0',
      'x-content-type-options': 'nosniff',
      server: 'envoy',
    }
    response.writeHead(answer.status, headers)
    response.end(request.method === 'HEAD' ? '' : answer.body)
  }

  private answer(request: IncomingMessage): AdminAnswer {
    const { method = 'GET', url = '/', headers } = request
    // A page in a browser may send requests here under a name that resolves to loopback (DNS rebinding).
    if (!isOwnName(headers.host, this.options.address)) return textAnswer('unknown host\n', 403)
    if (isFromOtherSite(headers)) return textAnswer('requests of other sites are refused\n', 403)
    // Regular expressions in a query may have question marks of their own.
    const [path = '/', ...rest] = url.split('?')
    const query = rest.join('?')
    if (path === '/' || path === '/help') return textAnswer(this.help())
    const page = this.pages.get(path)
    if (page === undefined) return textAnswer(`no such page: ${path}\n${this.help()}`, 404)
    if (page.changes ? method !== 'POST' : method !== 'GET' && method !== 'HEAD') {
      return textAnswer(`Method ${method} not allowed, ${page.changes ? 'POST' : 'GET'} required.`, 405)
    }
    try {
      return page.answer({ method, path, query: new URLSearchParams(query) })
    } catch (error) {
      this.options.log.error('admin page failed', { path, error: messageOf(error) })
      return textAnswer('the page failed; see the log\n', 500)
    }
  }

  private help(): string {
    const lines = [...this.pages.values()].map(({ path, help, changes }) => `  ${path}: ${help}${changes ? ' (POST)' : ''}`)
    return `admin commands are:\n${lines.join('\n')}\n`
  }
}

/** A page of another site, in a browser on this machine, can send requests here whose answers it cannot read: they must not act. */
function isFromOtherSite({ origin, host, 'sec-fetch-site': site }: IncomingMessage['headers']): boolean {
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  return origin !== undefined && origin !== `http://${host ?? ''}`
}

/** Told as an address, that of a bootstrap: flags take no other than those of loopback. */
function isExposed(address: SocketAddress): boolean {
  return address.kind === 'tcp' && !/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(address.host)
}

/** Only names can be made to point here by others: whoever writes an address knows where it goes. */
function isOwnName(host: string | undefined, address: SocketAddress): boolean {
  if (address.kind === 'unix' || host === undefined) return true
  return /^(\d+\.\d+\.\d+\.\d+|localhost|\[[0-9a-fA-F:.]+\])(:\d+)?$/.test(host)
}
