import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Registry } from 'prom-client'
import { listenFailure } from './listen-failure.ts'

/** `/metrics` in Prometheus' text format, `/version` and `/ready`. */
export class MetricsEndpoint implements Runner {
  readonly name: string = 'metrics'
  private readonly address: SocketAddress
  private readonly registry: Registry
  private readonly version: string
  private readonly server: Server

  constructor(address: SocketAddress, registry: Registry, version: string) {
    this.address = address
    this.registry = registry
    this.version = version
    this.server = createServer((request, response) => void this.answer(request, response))
  }

  start(): Promise<void> {
    const { address, server } = this
    return new Promise((resolve, reject) => {
      server.once('error', error => reject(listenFailure(error, address, '--metrics-address')))
      server.listen(address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }, () => resolve())
    })
  }

  close(): Promise<void> {
    this.server.closeAllConnections()
    return new Promise(resolve => this.server.close(() => resolve()))
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0]
    if (path === '/metrics') response.setHeader('content-type', this.registry.contentType).end(await this.registry.metrics())
    else if (path === '/version') response.end(`${this.version}\n`)
    else if (path === '/ready') response.end('ok\n')
    else response.writeHead(404).end('see /metrics, /version and /ready\n')
  }
}
