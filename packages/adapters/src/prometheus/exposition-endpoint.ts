import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { listenFailure } from '@meshwork/adapter-sdk'
import type { SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { MetricStore } from './metric-store.ts'

const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8'

/** `/metrics`, where Prometheus scrapes. */
export class ExpositionEndpoint implements Runner {
  readonly name: string = 'exposition'
  private readonly address: SocketAddress
  private readonly store: MetricStore
  private readonly server: Server

  constructor(address: SocketAddress, store: MetricStore) {
    this.address = address
    this.store = store
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
    if (path === '/metrics') response.setHeader('content-type', TEXT_FORMAT).end(await this.store.exposition())
    else response.writeHead(404).end('see /metrics\n')
  }
}
