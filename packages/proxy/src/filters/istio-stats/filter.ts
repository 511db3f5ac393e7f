import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import { formatResponseFlags } from '../../http/response-flags.ts'
import type { FilterDeps, FilterStream, HttpFilter } from '../filter.ts'
import { type ExchangedPeers, PEER_NAMESPACE } from '../peer-metadata/filter.ts'
import type { Peer } from '../peer-metadata/peer.ts'
import type { IstioStatsConfig } from './config.ts'
import { type Destination, type RequestKind, standardLabels } from './standard-labels.ts'
import { SeriesTable } from './series.ts'

const NO_DESTINATION: Destination = { host: '', name: '', namespace: '' }

/** Counts requests under Istio's standard metrics, with labels for the workloads at both ends. */
export class IstioStatsFilter implements HttpFilter {
  private readonly config: IstioStatsConfig
  private readonly deps: FilterDeps
  private readonly stats: StatsRegistry
  private readonly series: SeriesTable
  private readonly reporter: 'source' | 'destination'

  constructor(config: IstioStatsConfig, deps: FilterDeps) {
    this.config = config
    this.deps = deps
    this.stats = deps.stats.registry
    this.series = new SeriesTable(this.stats, config)
    this.reporter = deps.listener.direction === 'inbound' ? 'destination' : 'source'
  }

  onComplete(stream: FilterStream): void {
    const peers: ExchangedPeers = stream.dynamicMetadata(PEER_NAMESPACE) ?? {}
    const other = (this.reporter === 'destination' ? peers.downstream : peers.upstream) ?? null
    const series = this.series.find(this.keyOf(stream, other), () => standardLabels(this.kindOf(stream, other)))
    const { stats } = this
    if (series.requests !== null) stats.add(series.requests, 1)
    this.record(series.duration, stream.durationMs())
    this.record(series.requestBytes, stream.requestTotalBytes)
    this.record(series.responseBytes, stream.responseTotalBytes)
  }

  private record(slot: Slot | null, sample: number): void {
    if (slot !== null) this.stats.record(slot, sample)
  }

  /** Everything that the labels are made of, without making them. */
  private keyOf(stream: FilterStream, other: Peer | null): string {
    const { connection } = stream
    const who =
      other === null ? '' : `${other.workload} ${other.namespace} ${other.canonicalService} ${other.canonicalRevision} ${other.cluster}`
    const names = this.reporter === 'destination' ? `${connection.peer?.uriSans[0] ?? ''} ${connection.localUriSan}` : ''
    return `${stream.clusterName}|${stream.status}|${stream.flags}|${grpcStatusOf(stream)}|${connection.isTls ? 1 : 0}|${names}|${who}|${this.fallbackHost(stream)}`
  }

  private kindOf(stream: FilterStream, other: Peer | null): RequestKind {
    const inbound = this.reporter === 'destination'
    const { connection } = stream
    return {
      reporter: this.reporter,
      source: inbound ? other : this.config.self,
      target: inbound ? this.config.self : other,
      sourcePrincipal: inbound ? (connection.peer?.uriSans[0] ?? '') : '',
      destinationPrincipal: inbound ? connection.localUriSan : '',
      destination: this.destinationOf(stream),
      protocol: isGrpc(stream) ? 'grpc' : 'http',
      status: String(stream.status),
      grpcStatus: grpcStatusOf(stream),
      flags: formatResponseFlags(stream.flags),
      security: inbound ? (connection.isTls && connection.peer !== null ? 'mutual_tls' : 'none') : 'unknown',
    }
  }

  /** What the control plane says of the cluster (`istio.services`), or the host that the request named. */
  private destinationOf(stream: FilterStream): Destination {
    const services = field(this.deps.clusterMetadata(stream.clusterName)?.['istio'], 'services')
    const first = Array.isArray(services) ? services[0] : undefined
    if (first !== undefined) return { host: text(first, 'host'), name: text(first, 'name'), namespace: text(first, 'namespace') }
    const host = this.fallbackHost(stream)
    return host === '' ? NO_DESTINATION : { host, name: host, namespace: '' }
  }

  /** Only where the cluster says nothing, so that hosts of clients cannot make series of known services. */
  private fallbackHost(stream: FilterStream): string {
    if (this.config.disableHostFallback || stream.clusterName !== '') return ''
    return stream.authority
  }
}

function isGrpc(stream: FilterStream): boolean {
  return stream.requestHeaders.get('content-type')?.startsWith('application/grpc') === true
}

function grpcStatusOf(stream: FilterStream): string {
  return isGrpc(stream) ? (stream.responseTrailers?.get('grpc-status') ?? stream.responseHeaders?.get('grpc-status') ?? '') : ''
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? new Map<string, unknown>(Object.entries(value)).get(name) : undefined
}

function text(value: unknown, name: string): string {
  const found = field(value, name)
  return typeof found === 'string' ? found : ''
}
