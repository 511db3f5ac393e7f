import { textOf } from '@meshwork/core/json'
import { Struct } from '@meshwork/protos/google/protobuf/struct'

/** What one proxy tells another of the workload that it stands for. Empty texts: unknown. */
export interface Peer {
  readonly workload: string
  readonly namespace: string
  readonly app: string
  readonly version: string
  readonly canonicalService: string
  readonly canonicalRevision: string
  readonly cluster: string
}

const NAME_LABEL = 'service.istio.io/canonical-name'
const REVISION_LABEL = 'service.istio.io/canonical-revision'

/** Longest header that is decoded, in characters. */
const MAX_HEADER_CHARS = 16_384

/** From a node's metadata, as Istio's agent fills it. `fallbackName`: where `WORKLOAD_NAME` is absent. */
export function peerOf(metadata: Readonly<Record<string, unknown>>, fallbackName: string = ''): Peer {
  const labels = mapOf(metadata['LABELS'])
  const workload = textOf(metadata['WORKLOAD_NAME']) || fallbackName
  const app = textOf(labels['app']) || textOf(labels['app.kubernetes.io/name'])
  const version = textOf(labels['version']) || textOf(labels['app.kubernetes.io/version'])
  return {
    workload,
    namespace: textOf(metadata['NAMESPACE']),
    app,
    version,
    canonicalService: textOf(labels[NAME_LABEL]) || app || workload,
    canonicalRevision: textOf(labels[REVISION_LABEL]) || version || 'latest',
    cluster: textOf(metadata['CLUSTER_ID']),
  }
}

/** Value of `x-envoy-peer-metadata`: a protobuf struct in base64. */
export function encodePeer(peer: Peer): string {
  const labels = { app: peer.app, version: peer.version, [NAME_LABEL]: peer.canonicalService, [REVISION_LABEL]: peer.canonicalRevision }
  const fields = { WORKLOAD_NAME: peer.workload, NAMESPACE: peer.namespace, CLUSTER_ID: peer.cluster, LABELS: labels }
  return Buffer.from(Struct.encode(Struct.wrap(fields)).finish()).toString('base64')
}

/** null: the header is no such struct. */
export function decodePeer(header: string): Peer | null {
  if (header.length > MAX_HEADER_CHARS) return null
  try {
    return peerOf(Struct.unwrap(Struct.decode(Buffer.from(header, 'base64'))))
  } catch {
    return null
  }
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}
