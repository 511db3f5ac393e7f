import { err, ok, type Result } from '@meshwork/core/result'
import type { Locality } from '@meshwork/config/registry'
import type { XdsNode } from '@meshwork/xds/types'

export type ProxyKind = 'sidecar' | 'router'
/** By iptables, where `tproxy` keeps the addresses of clients; `none` leaves it to the application to call the proxy. */
export type InterceptionMode = 'redirect' | 'tproxy' | 'none'

/** Who is on the other end, as far as its configuration depends on it. */
export interface ProxyNode {
  /** The whole node id, for messages. */
  readonly id: string
  readonly kind: ProxyKind
  readonly ip: string
  readonly pod: string
  readonly namespace: string
  /** `default.svc.cluster.local`: what short host names are completed with. */
  readonly dnsDomain: string
  readonly labels: Readonly<Record<string, string>>
  readonly serviceAccount: string
  readonly interception: InterceptionMode
  readonly clusterId: string
  /** A DNS proxy beside it answers with the name table, so that names have addresses of our own. */
  readonly dnsCapture: boolean
  /** Where it says it runs; empty parts if it does not. */
  readonly locality: Locality
  /** `grpc`: no proxy but a program with gRPC's own xDS client (Istio's `GENERATOR` metadata). */
  readonly generator?: 'grpc'
  /** Set only by our own proxy; others get no filters that only it has. */
  readonly meshworkVersion: string | null
  /** The texts of its metadata. */
  readonly metadata: Readonly<Record<string, string>>
}

const KINDS: Readonly<Record<string, ProxyKind>> = { sidecar: 'sidecar', router: 'router', ingress: 'router' }
const ID_PARTS = 4
const LONGEST_ID = 1024

/** `sidecar~10.1.2.3~reviews-v1.default~default.svc.cluster.local` with Istio's metadata keys (traffic.md 3.8). */
export function parseProxyNode(node: XdsNode): Result<ProxyNode, string> {
  if (node.id.length > LONGEST_ID) return err(`node id is longer than ${LONGEST_ID} characters`)
  const parts = node.id.split('~')
  const [type = '', ip = '', name = '', dnsDomain = ''] = parts
  if (parts.length !== ID_PARTS) return err(`node id '${node.id}' is not of the form <type>~<ip>~<pod>.<namespace>~<domain>`)
  const kind = KINDS[type]
  if (kind === undefined) return err(`node id '${node.id}' has type '${type}'; known types are sidecar and router`)
  const metadata = node.metadata
  const isGrpc = text(metadata['GENERATOR']) === 'grpc'
  const { pod, namespace } = splitPodName(name, dnsDomain)
  return ok({
    id: node.id,
    kind,
    ip,
    pod,
    namespace: text(metadata['NAMESPACE']) || namespace,
    dnsDomain,
    labels: textMap(metadata['LABELS']),
    serviceAccount: text(metadata['SERVICE_ACCOUNT']),
    interception: isGrpc ? 'redirect' : interceptionMode(text(metadata['INTERCEPTION_MODE'])),
    ...(isGrpc && { generator: 'grpc' }),
    clusterId: text(metadata['CLUSTER_ID']),
    dnsCapture: String(metadata['DNS_CAPTURE']) === 'true',
    locality: { region: node.locality.region, zone: node.locality.zone, subzone: node.locality.subZone },
    meshworkVersion: text(metadata['MESHWORK_VERSION']) || null,
    metadata: textMap(metadata),
  })
}

/** Pod names may have dots, namespaces may not: the last dot divides. */
function interceptionMode(said: string): InterceptionMode {
  const mode = said.toLowerCase()
  return mode === 'none' || mode === 'tproxy' ? mode : 'redirect'
}

function splitPodName(name: string, dnsDomain: string): { pod: string; namespace: string } {
  const dot = name.lastIndexOf('.')
  if (dot > 0) return { pod: name.slice(0, dot), namespace: name.slice(dot + 1) }
  return { pod: name, namespace: dnsDomain.split('.')[0] ?? '' }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function textMap(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
