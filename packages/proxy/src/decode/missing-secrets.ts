import type { ClusterConfig } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { CertificateSource, PeerValidation } from '../model/tls.ts'
import { parseDeliveredName } from './delivered-secret-name.ts'
import { discoveryServer } from './dynamic-resources.ts'
import { parseFileCertificateName, parseFileRootName } from './file-secret-name.ts'
import type { Report } from './report.ts'
import type { SecretMaterial } from './secret.ts'
import { AGENT_CLUSTER, parseListedName, parseServedName } from './secret-source.ts'

interface Resources {
  readonly listeners: readonly ListenerConfig[]
  readonly clusters: readonly ClusterConfig[]
  readonly secrets: ReadonlyMap<string, SecretMaterial>
  /** null: no control plane. */
  readonly dynamic: object | null
}

/** A secret that is named and comes from nowhere would be waited for without end. */
export function refuseMissingSecrets(resources: Resources, report: Report): void {
  for (const [i, listener] of resources.listeners.entries()) {
    refuseUnknown(secretNamesOfListener(listener), resources, report.at('listeners', i))
  }
  for (const [i, cluster] of resources.clusters.entries()) {
    refuseUnknown(secretNamesOfCluster(cluster), resources, report.at('clusters', i))
  }
}

export function secretNamesOfListener({ filterChains, defaultFilterChain }: ListenerConfig): readonly string[] {
  const chains = defaultFilterChain === null ? filterChains : [...filterChains, defaultFilterChain]
  return chains.flatMap(({ tls }) => (tls === null ? [] : namesOf(tls.certificates, tls.validation)))
}

export function secretNamesOfCluster({ transportSockets }: ClusterConfig): readonly string[] {
  return transportSockets.flatMap(({ tls }) =>
    tls === null ? [] : namesOf(tls.certificate === null ? [] : [tls.certificate], tls.validation),
  )
}

function namesOf(certificates: readonly CertificateSource[], validation: PeerValidation | null): readonly string[] {
  const roots = validation?.roots ?? null
  const sources = roots === null ? certificates : [...certificates, roots]
  return sources.flatMap(source => ('name' in source ? [source.name] : []))
}

function refuseUnknown(names: readonly string[], { secrets, clusters, dynamic }: Resources, report: Report): void {
  const place = report.at('transport_socket')
  for (const name of new Set(names)) {
    if (secrets.has(name) || parseFileCertificateName(name) !== null || parseFileRootName(name) !== null) continue
    if (parseListedName(name) !== null) continue
    const delivered = parseDeliveredName(name)
    const served = parseServedName(name)
    if (delivered !== null) {
      if (dynamic === null) place.refuse('required', `secret '${delivered}' from ads needs dynamic_resources.ads_config`)
    } else if (served !== null) {
      discoveryServer(served.source, clusters, place)
    } else if (!clusters.some(cluster => cluster.name === AGENT_CLUSTER)) {
      place.refuse('unknown-name', `there is no static secret '${name}'`)
    }
  }
}
