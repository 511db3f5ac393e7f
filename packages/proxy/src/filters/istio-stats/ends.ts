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
    const secured = info.connection.isTls ? 1 : 0
    return `${info.clusterName}|${info.flags}|${secured} ${this.otherName(info)} ${this.ownName(info)}|${this.fallbackHost(info)}`
  }

  /** First URI name in the certificate of the other end, or empty. */
  otherName(info: StreamInfo): string {
    if (this.options.reporter === 'destination') return info.connection.peer?.uriSans[0] ?? ''
    return info.upstreamConnection?.tls?.peerUri ?? ''
  }

  /** The same of our own certificate towards it. */
  ownName(info: StreamInfo): string {
    return this.options.reporter === 'destination' ? info.connection.localUriSan : (info.upstreamConnection?.tls?.localUri ?? '')
  }

  read(info: StreamInfo, other: Peer | null): Ends {
    const { reporter, self } = this.options
    const { connection } = info
    const [otherName, ownName, destination] = [this.otherName(info), this.ownName(info), this.destination(info)]
    // A peer that cannot tell us who it is has at least proved it in its handshake.
    const otherNamespace = other === null ? namespaceOf(otherName) : ''
    const common = { reporter, otherNamespace, destination }
    if (reporter === 'source') {
      return { ...common, source: self, target: other, sourcePrincipal: ownName, destinationPrincipal: otherName, security: 'unknown' }
    }
    const security = connection.isTls && connection.peer !== null ? 'mutual_tls' : 'none'
    return { ...common, source: other, target: self, sourcePrincipal: otherName, destinationPrincipal: ownName, security }
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
  fallbackHost(info: StreamInfo): string {
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
