import type { ClusterConfig } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { CertificateSource, PeerValidation } from '../model/tls.ts'
import { parseFileCertificateName, parseFileRootName } from './file-secret-name.ts'
import type { Report } from './report.ts'
import type { SecretMaterial } from './secret.ts'

interface Resources {
  readonly listeners: readonly ListenerConfig[]
  readonly clusters: readonly ClusterConfig[]
  readonly secrets: ReadonlyMap<string, SecretMaterial>
}

/**
 * Nothing brings secrets to a proxy without a mesh but the bootstrap itself: one that is named and not there would be waited for
 * without end, as would one from a server (`sds_config`), which is not supported.
 */
export function refuseMissingSecrets({ listeners, clusters, secrets }: Resources, report: Report): void {
  for (const [i, { filterChains, defaultFilterChain }] of listeners.entries()) {
    const chains = defaultFilterChain === null ? filterChains : [...filterChains, defaultFilterChain]
    const names = chains.flatMap(({ tls }) => (tls === null ? [] : namesOf(tls.certificates, tls.validation)))
    refuseUnknown(names, secrets, report.at('listeners', i))
  }
  for (const [i, { transportSockets }] of clusters.entries()) {
    const names = transportSockets.flatMap(({ tls }) =>
      tls === null ? [] : namesOf(tls.certificate === null ? [] : [tls.certificate], tls.validation),
    )
    refuseUnknown(names, secrets, report.at('clusters', i))
  }
}

function namesOf(certificates: readonly CertificateSource[], validation: PeerValidation | null): readonly string[] {
  const roots = validation?.roots ?? null
  const sources = roots === null ? certificates : [...certificates, roots]
  return sources.flatMap(source => ('name' in source ? [source.name] : []))
}

function refuseUnknown(names: readonly string[], secrets: ReadonlyMap<string, SecretMaterial>, report: Report): void {
  for (const name of new Set(names)) {
    if (secrets.has(name) || parseFileCertificateName(name) !== null || parseFileRootName(name) !== null) continue
    report.at('transport_socket').refuse('unknown-name', `there is no static secret '${name}', and secrets from a server are not supported`)
  }
}
