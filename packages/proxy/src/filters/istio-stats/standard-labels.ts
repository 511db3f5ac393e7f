import type { Peer } from '../peer-metadata/peer.ts'

/** The service that a request was meant for. */
export interface Destination {
  readonly host: string
  readonly name: string
  readonly namespace: string
}

/** What the labels of Istio's standard metrics say about one kind of request. */
export interface RequestKind {
  readonly reporter: 'source' | 'destination'
  readonly source: Peer | null
  readonly target: Peer | null
  readonly sourcePrincipal: string
  readonly destinationPrincipal: string
  readonly destination: Destination
  readonly protocol: string
  readonly status: string
  readonly grpcStatus: string
  readonly flags: string
  readonly security: 'mutual_tls' | 'none' | 'unknown'
}

const UNKNOWN = 'unknown'

/** Labels of `istio_requests_total` and its family, in Istio's order. Nothing known is `unknown`. */
export function standardLabels(kind: RequestKind): Readonly<Record<string, string>> {
  const { source, target, destination } = kind
  return {
    reporter: kind.reporter,
    source_workload: text(source?.workload),
    source_canonical_service: text(source?.canonicalService),
    source_canonical_revision: text(source?.canonicalRevision),
    source_workload_namespace: text(source?.namespace),
    source_principal: text(kind.sourcePrincipal),
    source_app: text(source?.app),
    source_version: text(source?.version),
    source_cluster: text(source?.cluster),
    destination_workload: text(target?.workload),
    destination_workload_namespace: text(target?.namespace),
    destination_principal: text(kind.destinationPrincipal),
    destination_app: text(target?.app),
    destination_version: text(target?.version),
    destination_service: text(destination.host),
    destination_canonical_service: text(target?.canonicalService),
    destination_canonical_revision: text(target?.canonicalRevision),
    destination_service_name: text(destination.name),
    destination_service_namespace: text(destination.namespace),
    destination_cluster: text(target?.cluster),
    request_protocol: kind.protocol,
    response_code: kind.status,
    grpc_response_status: kind.grpcStatus,
    response_flags: kind.flags,
    connection_security_policy: kind.security,
  }
}

function text(value: string | undefined): string {
  return value === undefined || value === '' ? UNKNOWN : value
}
