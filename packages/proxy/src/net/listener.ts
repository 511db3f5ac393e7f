import { createServer, type Server, type Socket } from 'node:net'
import type { Slot } from '@meshwork/core/metrics'
import { err, ok, type Result } from '@meshwork/core/result'
import type { Timer } from '@meshwork/core/time'
import { ConnectionPlan, type Runtime } from '../http/connection-plan.ts'
import { Http1ServerConnection } from '../http/http1-server-connection.ts'
import type { SocketAddress } from '../model/address.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { ChainPlan, ListenerPlan } from '../plan/listener-plan.ts'
import { addressText, plainIp } from './address.ts'
import { AcceptedConnection } from './connection-facts.ts'
import type { OriginalDestination } from './original-destination.ts'
import { dataTransport, fileDescriptorOf, takeOver } from './read-buffer.ts'
import { sniff, type Sniffed } from './sniff.ts'
import { TcpSession } from './tcp-session.ts'
import type { Transport, TransportHandler } from './transport.ts'

export interface ListenerDeps {
  readonly runtime: Runtime
  readonly originalDestination: OriginalDestination
  /** The listener for a redirected connection, or null to keep it. */
  listenerFor(destination: Destination): Listener | null
}

export interface Destination {
  readonly host: string
  readonly port: number
}

/** Something that ends when its listener goes. */
interface Session {
  drain(): void
  destroy(): void
}

/** Idle clients of a removed listener are given time to send what is already under way. */
const IDLE_DRAIN_MS = 2000
/** What is still there after this is cut (Envoy's drain time). */
const DRAIN_MS = 600_000
const BACKLOG = 4096

/** A listening address with its connections. The plan can be replaced; the socket stays. */
export class Listener {
  private readonly deps: ListenerDeps
  private readonly sessions = new Set<Session>()
  private readonly cxTotal: Slot
  private readonly cxActive: Slot
  private readonly noChain: Slot
  private readonly handshakeErrors: Slot
  private plan: ListenerPlan
  private server: Server | null = null
  private drainTimers: Timer[] = []

  constructor(plan: ListenerPlan, deps: ListenerDeps) {
    this.plan = plan
    this.deps = deps
    const address = addressText(plan.config.address).replaceAll(/[:/]/g, '_')
    const scope = deps.runtime.stats.scope(`listener.${address}.`, 'envoy_listener_', { envoy_listener_address: address })
    this.cxTotal = scope.counter('downstream_cx_total')
    this.cxActive = scope.gauge('downstream_cx_active')
    this.noChain = scope.counter('no_filter_chain_match')
    this.handshakeErrors = scope.counter('ssl.connection_error')
  }

  get config(): ListenerConfig {
    return this.plan.config
  }

  get connectionCount(): number {
    return this.sessions.size
  }

  /** null while not bound. */
  get boundAddress(): SocketAddress | null {
    const address = this.server?.address() ?? null
    if (address === null) return null
    return typeof address === 'string' ? { kind: 'pipe', path: address } : { kind: 'tcp', host: address.address, port: address.port }
  }

  bind(): Promise<Result<void, string>> {
    const { address } = this.plan.config
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, socket => this.onAccepted(socket))
    this.server = server
    return new Promise(resolve => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        this.server = null
        resolve(err(bindFailure(addressText(address), error)))
      })
      const bound = (): void => {
        // Running out of descriptors is reported here; accepting goes on when some are free again.
        server.on('error', error => this.deps.runtime.log.warn('listener error', { listener: this.config.name, error: error.message }))
        resolve(ok(undefined))
      }
      if (address.kind === 'pipe') server.listen({ path: address.path, backlog: BACKLOG }, bound)
      else server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, bound)
    })
  }

  /** New connections get `plan`; those of the old one end at their next response. */
  replacePlan(plan: ListenerPlan): void {
    const old = this.plan
    this.plan = plan
    old.drain()
  }

  /** Stops accepting and asks clients to leave; calls `done` when none is left. */
  retire(done: () => void, idleDrainMs: number = IDLE_DRAIN_MS, deadlineMs: number = DRAIN_MS): void {
    const { clock } = this.deps.runtime
    this.stopAccepting()
    this.plan.drain()
    const check = (): void => {
      if (this.sessions.size > 0) return
      for (const timer of this.drainTimers) timer.cancel()
      done()
    }
    this.onSessionGone = check
    this.drainTimers = [
      clock.after(idleDrainMs, () => {
        for (const session of this.sessions) session.drain()
      }),
      clock.after(deadlineMs, () => {
        for (const session of this.sessions) session.destroy()
        check()
      }),
    ]
    check()
  }

  close(): void {
    this.stopAccepting()
    for (const timer of this.drainTimers) timer.cancel()
    for (const session of this.sessions) session.destroy()
  }

  /** Takes a connection that another listener accepted for us. */
  take(socket: Socket, original: Destination | null): void {
    this.deps.runtime.stats.add(this.cxTotal, 1)
    this.inspect(socket, original)
  }

  private onSessionGone: () => void = () => undefined

  private onAccepted(socket: Socket): void {
    socket.on('error', ignore)
    const original = this.plan.config.originalDst === 'ignore' ? null : this.deps.originalDestination.of(fileDescriptorOf(socket))
    const other = original === null || this.plan.config.originalDst === 'restore' ? null : this.deps.listenerFor(original)
    if (other === null) this.take(socket, original)
    else other.take(socket, original)
  }

  private inspect(socket: Socket, original: Destination | null): void {
    const { config } = this.plan
    if (!config.inspectTls && !config.inspectHttp) {
      this.choose(socket, original, NOT_INSPECTED)
      return
    }
    sniff(socket, this.deps.runtime.clock, config.inspectionTimeoutMs, sniffed => {
      if (sniffed === null) socket.destroy()
      else this.choose(socket, original, sniffed)
    })
  }

  private choose(socket: Socket, original: Destination | null, sniffed: Sniffed): void {
    const { hello } = sniffed
    const chain = this.plan.matcher.choose({
      destinationAddress: original?.host ?? plainIp(socket.localAddress ?? ''),
      destinationPort: original?.port ?? socket.localPort ?? 0,
      serverName: hello?.serverName ?? '',
      transportProtocol: hello === null ? 'raw_buffer' : 'tls',
      applicationProtocols: hello?.alpn ?? (sniffed.plainProtocol === '' ? [] : [sniffed.plainProtocol]),
    })
    if (chain === null) {
      this.deps.runtime.stats.add(this.noChain, 1)
      socket.destroy()
    } else if (chain.tls === null) {
      this.startPlain(socket, original, sniffed, chain)
    } else {
      this.startTls(socket, original, sniffed, chain)
    }
  }

  private startPlain(socket: Socket, original: Destination | null, sniffed: Sniffed, chain: ChainPlan): void {
    const transport = takeOver(socket, UNBORN)
    const facts = new AcceptedConnection(transport.socket, original, sniffed.hello?.serverName ?? '')
    this.startSession(transport, facts, chain)
    if (sniffed.bytes.length > 0) transport.receive(sniffed.bytes, sniffed.bytes.length)
  }

  private startTls(socket: Socket, original: Destination | null, sniffed: Sniffed, chain: ChainPlan): void {
    const { tls } = chain
    if (sniffed.bytes.length > 0) socket.unshift(sniffed.bytes)
    tls?.secure(socket, (secured, reason) => {
      if (secured === null) {
        this.deps.runtime.stats.add(this.handshakeErrors, 1)
        this.deps.runtime.log.debug('TLS handshake failed', { listener: this.config.name, reason })
        socket.destroy()
        return
      }
      const serverName = sniffed.hello?.serverName ?? (typeof secured.servername === 'string' ? secured.servername : '')
      const facts = new AcceptedConnection(secured, original, serverName, tls.localUriSan)
      this.startSession(dataTransport(secured, UNBORN), facts, chain)
    })
  }

  private startSession(transport: Transport, facts: AcceptedConnection, chain: ChainPlan): void {
    this.deps.runtime.stats.add(this.cxActive, 1)
    const gone = (session: Session): void => {
      this.deps.runtime.stats.add(this.cxActive, -1)
      this.sessions.delete(session)
      this.onSessionGone()
    }
    const { terminal } = chain
    if (terminal instanceof ConnectionPlan) {
      this.sessions.add(new Http1ServerConnection(transport, facts, terminal, gone))
      return
    }
    const session = new TcpSession(transport, facts, terminal, gone)
    this.sessions.add(session)
    session.start()
  }

  private stopAccepting(): void {
    this.server?.close()
    this.server = null
  }
}

const NOT_INSPECTED: Sniffed = { hello: null, plainProtocol: '', bytes: Buffer.alloc(0) }

/** Between accepting and the session: nothing can come yet, reads begin in a later turn. */
const UNBORN: TransportHandler = { onBytes: ignore, onFin: ignore, onDrain: ignore, onClosed: ignore }

function ignore(): void {}

function bindFailure(address: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return `cannot bind '${address}': Address already in use`
  if (error.code === 'EACCES') return `cannot bind '${address}': Permission denied`
  return `cannot bind '${address}': ${error.message}`
}
