import type { StreamInfo } from '../../telemetry/stream-info.ts'
import type { Peer } from '../peer-metadata/peer.ts'
import type { Destination, Ends } from './standard-labels.ts'
import { namespaceOf, WorkloadNotes } from './workload-notes.ts'

/** Clusters that stand for no service: requests are named for them. */
const NAMELESS: ReadonlySet<string> = new Set(['PassthroughCluster', 'InboundPassthroughCluster', 'BlackHoleCluster'])

export interface EndsOptions {
  readonly self: Peer
  readonly reporter: 'source' | 'destination'
  readonly disableHostFallback: boolean
  readonly clusterMetadata: (cluster: string) => Readonly<Record<string, unknown>> | null
}

/** Who is at the two ends of what a proxy has carried, as its metrics name them. */
export class EndsReader {
  private readonly options: EndsOptions
  private readonly notes = new WorkloadNotes()

  constructor(options: EndsOptions) {
    this.options = options
  }

  /** The workload behind the other proxy: as that told us, else as the control plane notes the endpoint. null: nobody has said. */
  other(info: StreamInfo, told: Peer | null | undefined): Peer | null {
    if (told !== null && told !== undefined) return told
    return this.options.reporter === 'source' ? this.notes.read(info.upstream?.metadata) : null
  }

  /** Everything that the ends are made of besides the other workload, without making them. */
  key(info: StreamInfo): string {
    const { connection, upstreamConnection } = info
    const names =
      this.options.reporter === 'destination'
        ? `${connection.isTls ? 1 : 0} ${connection.peer?.uriSans[0] ?? ''} ${connection.localUriSan}`
        : `${upstreamConnection?.tls?.peerUri ?? ''} ${upstreamConnection?.tls?.localUri ?? ''}`
    return `${info.clusterName}|${info.flags}|${names}|${this.fallbackHost(info)}`
  }

  read(info: StreamInfo, other: Peer | null): Ends {
    const { reporter, self } = this.options
    const { connection } = info
    if (reporter === 'source') {
      const tls = info.upstreamConnection?.tls ?? null
      const principals = { sourcePrincipal: tls?.localUri ?? '', destinationPrincipal: tls?.peerUri ?? '' }
      const namespace = other === null ? namespaceOf(principals.destinationPrincipal) : ''
      return {
        reporter,
        source: self,
        target: other,
        otherNamespace: namespace,
        ...principals,
        destination: this.destination(info),
        security: 'unknown',
      }
    }
    const sourcePrincipal = connection.peer?.uriSans[0] ?? ''
    return {
      reporter,
      source: other,
      target: self,
      // A peer that cannot tell us who it is has at least proved it in its handshake.
      otherNamespace: other === null ? namespaceOf(sourcePrincipal) : '',
      sourcePrincipal,
      destinationPrincipal: connection.localUriSan,
      destination: this.destination(info),
      security: connection.isTls && connection.peer !== null ? 'mutual_tls' : 'none',
    }
  }

  /** What the control plane says of the cluster (`istio.services`), or the host that the request named. */
  private destination(info: StreamInfo): Destination {
    const services = field(this.options.clusterMetadata(info.clusterName)?.['istio'], 'services')
    const first: unknown = Array.isArray(services) ? services[0] : undefined
    if (first !== undefined) return { host: text(first, 'host'), name: text(first, 'name'), namespace: text(first, 'namespace') }
    const host = this.fallbackHost(info)
    return { host, name: NAMELESS.has(info.clusterName) ? info.clusterName : host, namespace: '' }
  }

  /** Only where the cluster says nothing, so that hosts of clients cannot make series of known services. */
  private fallbackHost(info: StreamInfo): string {
    if (this.options.disableHostFallback || (info.clusterName !== '' && !NAMELESS.has(info.clusterName))) return ''
    return info.authority
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? new Map<string, unknown>(Object.entries(value)).get(name) : undefined
}

function text(value: unknown, name: string): string {
  const found = field(value, name)
  return typeof found === 'string' ? found : ''
}
