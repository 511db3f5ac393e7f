import { type Agent, createServer, request, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { silentLogger } from '@meshwork/core/log'
import { StatsRegistry } from '@meshwork/core/metrics'
import { systemClock } from '@meshwork/core/time'
import { noSecrets } from '../../tls/secrets.ts'
import { Engine, type EngineOptions } from '../engine.ts'
import type { ListenerConfig } from '../../model/listener.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** An engine on ephemeral ports with servers and clients around it; `close` ends all of it. */
export class Harness {
  readonly stats: StatsRegistry = new StatsRegistry()
  readonly engine: Engine
  private readonly closers: (() => Promise<void> | void)[] = []

  constructor(options: Partial<EngineOptions> = {}) {
    this.engine = new Engine({ clock: systemClock, log: silentLogger, stats: this.stats, secrets: noSecrets, ...options })
  }

  async listen(config: ListenerConfig): Promise<number> {
    const outcome = await this.engine.setListener(config)
    if (outcome.kind === 'err') throw new Error(outcome.error)
    const bound = this.engine.listeners().find(view => view.config.name === config.name)?.boundAddress
    return bound?.kind === 'tcp' ? bound.port : 0
  }

  httpServer(handler: RequestListener): Promise<{ port: number; server: Server }> {
    const server = createServer(handler)
    server.keepAliveTimeout = 60_000
    this.closers.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve({ port: portOf(server.address()), server })))
  }

  tcpServer(handler: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>()
    const server = createTcpServer({ allowHalfOpen: true }, socket => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      handler(socket)
    })
    this.closers.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(portOf(server.address()))))
  }

  counter(name: string): number {
    const metric = this.stats.find(name)
    return metric === undefined ? -1 : this.stats.value(metric.slot)
  }

  async close(): Promise<void> {
    await this.engine.close()
    for (const close of this.closers) await close()
  }
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}

export function get(
  port: number,
  options: { path?: string; method?: string; headers?: Record<string, string>; body?: string | Buffer; agent?: Agent } = {},
): Promise<Answer> {
  const { path = '/', method = 'GET', headers = {}, body, agent } = options
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: agent ?? false }, response => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Sends bytes over TCP and collects what comes until the end, or until `until` matches. */
export function exchange(port: number, pieces: readonly (string | Buffer)[], until?: RegExp, halfClose: boolean = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let seen = ''
    socket.on('data', (part: Buffer) => {
      seen += part.toString('latin1')
      if (until?.test(seen) === true) {
        socket.destroy()
        resolve(seen)
      }
    })
    socket.on('end', () => {
      socket.destroy()
      resolve(seen)
    })
    socket.on('error', reject)
    for (const piece of pieces) socket.write(piece)
    if (halfClose) socket.end()
  })
}
