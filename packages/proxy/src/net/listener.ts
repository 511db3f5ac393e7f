import type { Server, Socket } from 'node:net'
import type { Slot } from '@meshwork/core/metrics'
import { ok, type Result } from '@meshwork/core/result'
import type { Timer } from '@meshwork/core/time'
import type { Runtime } from '../http/connection-plan.ts'
import { ResponseFlag } from '../http/response-flags.ts'
import { ArrivingConnection } from '../listener-filters/arriving-connection.ts'
import { Inspection, type InspectionEnd, type RunningListenerFilter } from '../listener-filters/inspection.ts'
import { type ListenerFilter, MORE, NEXT } from '../listener-filters/listener-filter.ts'
import type { SocketAddress } from '../model/address.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { ChainPlan, ListenerPlan } from '../plan/listener-plan.ts'
import { plainIp } from './address.ts'
import { listenerStatName } from './listener-stat-name.ts'
import type { ConnectionBudget } from './connection-budget.ts'
import { AcceptedConnection } from './connection-facts.ts'
import { ConnectionRecord } from './connection-record.ts'
import { listenOn } from './listening-socket.ts'
import type { OriginalDestination } from './original-destination.ts'
import { dataTransport, fileDescriptorOf, takeOver } from './open-transport.ts'
import type { SecuredOutcome, ServerTlsContext } from '../tls/server-context.ts'
import { TlsStats } from '../tls/tls-stats.ts'
import { readClientHello } from './client-hello.ts'
import { ConnectionChain } from './connection-chain.ts'
import { PlacedList } from './placed-list.ts'
import type { Transport, TransportHandler } from './transport.ts'

export interface ListenerDeps {
  readonly runtime: Runtime
  readonly originalDestination: OriginalDestination
  readonly budget: ConnectionBudget
  /** The listener for a redirected connection, or null to keep it. */
  listenerFor(destination: Destination): Listener | null
}

export interface Destination {
  readonly host: string
  readonly port: number
}

/** Idle clients of a removed listener are given time to send what is already under way. */
const IDLE_DRAIN_MS = 2000
/** What is still there after this is cut (Envoy's drain time). */
const DRAIN_MS = 600_000

/** A listening address with its connections. The plan can be replaced; the socket stays. */
export class Listener {
  private readonly deps: ListenerDeps
  private readonly sessions: PlacedList<ConnectionChain> = new PlacedList()
  private readonly cxTotal: Slot
  private readonly cxActive: Slot
  private readonly noChain: Slot
  private readonly tlsStats: TlsStats
  private readonly cxDestroy: Slot
  private readonly cxOverflow: Slot
  private readonly cxTotalOverflow: Slot
  private readonly handshakeTimeout: Slot
  private readonly inspecting: Slot
  private readonly inspectionTimeout: Slot
  private readonly inspectionLeft: Slot
  private readonly inspectionRefused: Slot
  private plan: ListenerPlan
  /** One for each address, the main one first. */
  private servers: Server[] = []
  private drainTimers: Timer[] = []
  /** Connections from when they are accepted, whatever becomes of them. */
  private taken = 0

  constructor(plan: ListenerPlan, deps: ListenerDeps) {
    this.plan = plan
    this.deps = deps
    const address = listenerStatName(plan.config)
    const scope = deps.runtime.stats.scope(`listener.${address}.`, 'envoy_listener_', { envoy_listener_address: address })
    this.cxTotal = scope.counter('downstream_cx_total')
    this.cxActive = scope.gauge('downstream_cx_active')
    this.noChain = scope.counter('no_filter_chain_match')
    this.tlsStats = new TlsStats(deps.runtime.stats, scope)
    this.cxDestroy = scope.counter('downstream_cx_destroy')
    this.cxOverflow = scope.counter('downstream_cx_overflow')
    this.cxTotalOverflow = scope.counter('downstream_global_cx_overflow')
    this.handshakeTimeout = scope.counter('downstream_cx_transport_socket_connect_timeout')
    this.inspecting = scope.gauge('downstream_pre_cx_active')
    this.inspectionTimeout = scope.counter('downstream_pre_cx_timeout')
    this.inspectionLeft = scope.counter('downstream_listener_filter_remote_close')
    this.inspectionRefused = scope.counter('downstream_listener_filter_error')
  }

  get config(): ListenerConfig {
    return this.plan.config
  }

  get connectionCount(): number {
    return this.sessions.size
  }

  /** null while not bound. */
  get boundAddress(): SocketAddress | null {
    const address = this.servers[0]?.address() ?? null
    if (address === null) return null
    return typeof address === 'string' ? { kind: 'pipe', path: address } : { kind: 'tcp', host: address.address, port: address.port }
  }

  /** Binds every address, or none. */
  async bind(): Promise<Result<void, string>> {
    const { config } = this
    for (const address of [config.address, ...config.additionalAddresses]) {
      const outcome = await listenOn(address, config, socket => this.onAccepted(socket))
      if (outcome.kind === 'err') {
        this.stopAccepting()
        return outcome
      }
      // Running out of descriptors is reported here; accepting goes on when some are free again.
      outcome.value.on('error', error => this.deps.runtime.log.warn('listener error', { listener: config.name, error: error.message }))
      this.servers.push(outcome.value)
    }
    return ok(undefined)
  }

  /** New connections get `plan`; those of the old one end at their next response. */
  replacePlan(plan: ListenerPlan): void {
    const old = this.plan
    this.plan = plan
    old.drain()
  }

  /** Clients leave with their next answer; those that come are served and asked the same. */
  askToLeave(): void {
    this.plan.drain()
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
        for (const session of this.sessions.all()) session.drain()
      }),
      clock.after(deadlineMs, () => {
        for (const session of this.sessions.all()) session.destroy()
        check()
      }),
    ]
    check()
  }

  close(): void {
    this.stopAccepting()
    for (const timer of this.drainTimers) timer.cancel()
    for (const session of this.sessions.all()) session.destroy()
  }

  /** Takes a connection that another listener accepted for us. */
  take(socket: Socket, original: Destination | null): void {
    const { config, listenerFilters } = this.plan
    const { runtime } = this.deps
    if (!this.admits()) {
      socket.destroy()
      return
    }
    runtime.stats.add(this.cxTotal, 1)
    this.taken++
    this.deps.budget.take()
    const connection = new ArrivingConnection(socket, () => original ?? this.originalOf(socket))
    if (original !== null) connection.goTo(original)
    const { inspectionTimeoutMs: timeoutMs, continueOnTimeout } = config
    const options = { filters: listenerFilters, clock: runtime.clock, timeoutMs, continueOnTimeout }
    runtime.stats.add(this.inspecting, 1)
    new Inspection(socket, connection, options, (end, rest, timedOut) => {
      runtime.stats.add(this.inspecting, -1)
      if (timedOut) runtime.stats.add(this.inspectionTimeout, 1)
      if (end === 'done') this.choose(socket, connection, rest)
      else this.turnAway(socket, connection, end)
    }).run()
  }

  /** Whether there is room for one more connection; counts one for which there is none. */
  private admits(): boolean {
    const { runtime, budget } = this.deps
    const { name, ignoresTotalLimit } = this.plan.config
    if (this.taken >= (budget.limits.listeners.get(name) ?? Infinity)) runtime.stats.add(this.cxOverflow, 1)
    else if (budget.full && !ignoresTotalLimit) runtime.stats.add(this.cxTotalOverflow, 1)
    else return true
    return false
  }

  /** A connection that was taken and got no session. */
  private drop(socket: Socket): void {
    this.giveBack()
    socket.destroy()
  }

  private giveBack(): void {
    this.taken--
    this.deps.budget.giveBack()
  }

  private onSessionGone: () => void = () => undefined

  private onAccepted(socket: Socket): void {
    socket.on('error', ignore)
    const original = this.plan.config.handsOver ? this.originalOf(socket) : null
    const other = original === null ? null : this.deps.listenerFor(original)
    if (other === null) this.take(socket, original)
    else other.take(socket, original)
  }

  /** With TPROXY the socket itself has the address that the client meant, unless the connection was redirected to our own port. */
  private originalOf(socket: Socket): Destination | null {
    const { transparent, address } = this.plan.config
    const isOwn = address.kind === 'tcp' && socket.localPort === address.port
    if (!transparent || isOwn) return this.deps.originalDestination.of(fileDescriptorOf(socket))
    return { host: plainIp(socket.localAddress ?? ''), port: socket.localPort ?? 0 }
  }

  private turnAway(socket: Socket, connection: ArrivingConnection, end: InspectionEnd): void {
    if (end === 'client-left') this.deps.runtime.stats.add(this.inspectionLeft, 1)
    else if (end === 'refused') this.deps.runtime.stats.add(this.inspectionRefused, 1)
    this.logUnserved(new AcceptedConnection(socket, connection), ResponseFlag.none, '')
    this.drop(socket)
  }

  private choose(socket: Socket, connection: ArrivingConnection, rest: Buffer): void {
    const chain = this.plan.matcher.choose({
      localAddress: connection.localAddress,
      localPort: connection.localPort,
      serverName: connection.hello?.serverName ?? '',
      transportProtocol: connection.transportProtocol || 'raw_buffer',
      applicationProtocols: connection.applicationProtocols,
      directRemoteAddress: connection.directRemoteAddress,
      remoteAddress: connection.remoteAddress,
      remotePort: connection.remotePort,
    })
    connection.filterChainName = chain?.config.name ?? ''
    if (chain === null) {
      this.deps.runtime.stats.add(this.noChain, 1)
      this.logUnserved(new AcceptedConnection(socket, connection), ResponseFlag.noRouteFound, 'filter_chain_not_found')
      this.drop(socket)
    } else if (chain.tls === null) {
      this.startPlain(socket, connection, rest, chain)
    } else {
      this.startTls(socket, connection, rest, chain, chain.tls)
    }
  }

  private startPlain(socket: Socket, connection: ArrivingConnection, rest: Buffer, chain: ChainPlan): void {
    const transport = takeOver(socket, UNBORN)
    this.startSession(transport, new AcceptedConnection(transport.socket, connection), chain, rest)
  }

  /** ALPN without a protocol in common needs the ClientHello, which nobody has read if there is no TLS inspector. */
  private startTls(socket: Socket, connection: ArrivingConnection, rest: Buffer, chain: ChainPlan, tls: ServerTlsContext): void {
    if (rest.length > 0) socket.unshift(rest)
    if (connection.hello !== null || !tls.wantsHello) {
      this.handshake(socket, connection, chain, tls)
      return
    }
    const { inspectionTimeoutMs: timeoutMs } = this.plan.config
    const options = { filters: HELLO_ONLY, clock: this.deps.runtime.clock, timeoutMs, continueOnTimeout: true }
    new Inspection(socket, connection, options, (end, read) => {
      if (read.length > 0) socket.unshift(read)
      if (end === 'client-left') this.drop(socket)
      else this.handshake(socket, connection, chain, tls)
    }).run()
  }

  private handshake(socket: Socket, connection: ArrivingConnection, chain: ChainPlan, tls: ServerTlsContext): void {
    const { handshakeTimeoutMs } = chain.config
    const timer = handshakeTimeoutMs === 0 ? null : this.deps.runtime.clock.after(handshakeTimeoutMs, () => this.onSlowHandshake(socket))
    const secured = (outcome: SecuredOutcome): void => {
      timer?.cancel()
      if (outcome.kind === 'failed') {
        if (outcome.problem === null) this.tlsStats.failed()
        else this.tlsStats.refused(outcome.problem.kind)
        this.deps.runtime.log.debug('TLS handshake failed', { listener: this.config.name, reason: outcome.reason })
        const facts = new AcceptedConnection(socket, connection)
        facts.transportFailure = outcome.reason.replaceAll(' ', '_')
        this.logUnserved(facts, ResponseFlag.none, '')
        this.drop(socket)
        return
      }
      const facts = new AcceptedConnection(outcome.socket, connection, outcome)
      this.tlsStats.succeeded(outcome.socket, facts.peer !== null)
      this.startSession(dataTransport(outcome.socket, UNBORN), facts, chain, NOTHING)
    }
    tls.secure(socket, connection.hello, secured, this.tlsStats.stapled)
  }

  private onSlowHandshake(socket: Socket): void {
    this.deps.runtime.stats.add(this.handshakeTimeout, 1)
    socket.destroy()
  }

  /** Of a connection that reached no filter chain. */
  private logUnserved(facts: AcceptedConnection, flags: number, details: string): void {
    const { accessLogs } = this.plan
    if (accessLogs.length === 0) return
    const end = { protocol: '', flags, details, bytesRead: 0, bytesWritten: 0, lastedMs: 0, endedAtMs: this.deps.runtime.clock.now() }
    const record = new ConnectionRecord(facts, end)
    for (const log of accessLogs) log.write(record)
  }

  private startSession(transport: Transport, facts: AcceptedConnection, chain: ChainPlan, first: Buffer): void {
    const { clock, stats } = this.deps.runtime
    stats.add(this.cxActive, 1)
    const session = new ConnectionChain(transport, facts, chain, clock.monotonicMs(), this.forget)
    this.sessions.add(session)
    session.start(first)
  }

  private readonly forget = (session: ConnectionChain): void => {
    const { stats, clock } = this.deps.runtime
    stats.add(this.cxActive, -1)
    stats.add(this.cxDestroy, 1)
    this.giveBack()
    this.sessions.delete(session)
    for (const log of this.plan.accessLogs) log.write(session.recordAt(clock))
    this.onSessionGone()
  }

  private stopAccepting(): void {
    for (const server of this.servers) server.close()
    this.servers = []
  }
}

const NOTHING = Buffer.alloc(0)

const HELLO_READER: ListenerFilter = {
  inspect: (connection, bytes) => {
    const outcome = readClientHello(bytes)
    if (outcome.kind === 'hello') connection.hello = outcome.hello
    return outcome.kind === 'more' ? MORE : NEXT
  },
}
const HELLO_ONLY: readonly RunningListenerFilter[] = [{ filter: HELLO_READER, enabledFor: () => true }]

/** Between accepting and the session: nothing can come yet, reads begin in a later turn. */
const UNBORN: TransportHandler = { onBytes: ignore, onFin: ignore, onDrain: ignore, onClosed: ignore }

function ignore(): void {}
