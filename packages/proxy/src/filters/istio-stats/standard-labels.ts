import type { Peer } from '../peer-metadata/peer.ts'

/** The service that a request was meant for. */
export interface Destination {
  readonly host: string
  readonly name: string
  readonly namespace: string
}

/** Who is at the two ends of a request or connection. */
export interface Ends {
  readonly reporter: 'source' | 'destination'
  readonly source: Peer | null
  readonly target: Peer | null
  /** Namespace of the other end where nothing else is known of it; '' else. */
  readonly otherNamespace: string
  readonly sourcePrincipal: string
  readonly destinationPrincipal: string
  readonly destination: Destination
  readonly security: 'mutual_tls' | 'none' | 'unknown'
}

/** What tells kinds of requests with the same ends apart. */
export interface RequestKind {
  readonly protocol: string
  readonly status: string
  readonly grpcStatus: string
  readonly flags: string
}

const UNKNOWN = 'unknown'

/** Labels of `istio_requests_total` and its family, in Istio's order. Nothing known is `unknown`. */
export function standardLabels(ends: Ends, kind: RequestKind): Readonly<Record<string, string>> {
  return {
    ...endLabels(ends),
    request_protocol: kind.protocol,
    response_code: kind.status,
    grpc_response_status: kind.grpcStatus,
    response_flags: kind.flags,
    connection_security_policy: ends.security,
  }
}

/** Labels of `istio_tcp_connections_opened_total` and its family. */
export function tcpLabels(ends: Ends, flags: string): Readonly<Record<string, string>> {
  return { ...endLabels(ends), request_protocol: 'tcp', response_flags: flags, connection_security_policy: ends.security }
}

function endLabels(ends: Ends): Readonly<Record<string, string>> {
  const { source, target, destination, otherNamespace } = ends
  return {
    reporter: ends.reporter,
    source_workload: text(source?.workload),
    source_canonical_service: text(source?.canonicalService),
    source_canonical_revision: text(source?.canonicalRevision),
    source_workload_namespace: text(source?.namespace ?? otherNamespace),
    source_principal: text(ends.sourcePrincipal),
    source_app: text(source?.app),
    source_version: text(source?.version),
    source_cluster: text(source?.cluster),
    destination_workload: text(target?.workload),
    destination_workload_namespace: text(target?.namespace ?? otherNamespace),
    destination_principal: text(ends.destinationPrincipal),
    destination_app: text(target?.app),
    destination_version: text(target?.version),
    destination_service: text(destination.host),
    destination_canonical_service: text(target?.canonicalService),
    destination_canonical_revision: text(target?.canonicalRevision),
    destination_service_name: text(destination.name),
    destination_service_namespace: text(destination.namespace),
    destination_cluster: text(target?.cluster),
  }
}

function text(value: string | undefined): string {
  return value === undefined || value === '' ? UNKNOWN : value
}
