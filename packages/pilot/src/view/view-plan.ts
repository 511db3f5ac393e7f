import type { Service } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { InboundClusterInputs, OutboundClusterInputs } from '../translate/clusters/inputs.ts'
import { outboundClusterName } from '../translate/clusters/cluster-name.ts'
import type { LoadAssignmentInputs } from '../translate/endpoints/inputs.ts'
import type { HttpSettings, MixerSettings } from '../translate/filters/inputs.ts'
import type { ListenerInputs } from '../translate/listeners/inputs.ts'
import { fullHost } from '../translate/routes/destination.ts'
import type { RouteTableInputs } from '../translate/routes/inputs.ts'
import type { NameTableInputs } from '../translate/names/inputs.ts'
import type { SecretInputs } from '../translate/secrets/inputs.ts'
import { accessLogs } from './access-logs.ts'
import { authorizerServices } from './authorizers.ts'
import { DeliveredSecrets } from './delivered-secrets.ts'
import { destinationRulesFor } from './destination-rules.ts'
import { rememberedClusters } from './remembered-clusters.ts'
import { type GatewaySide, gatewaySide } from './gateway-inputs.ts'
import { listenerConflicts } from './listener-conflicts.ts'
import { meshAddress } from './mesh-address.ts'
import { egressScopes, exportedServices, type EgressScope, visibleServices } from './outbound-scope.ts'
import { nameTableInputs } from './name-inputs.ts'
import { metricSettings } from './metric-settings.ts'
import type { RouteContext } from './route-inputs.ts'
import { securityFindings } from './security-findings.ts'
import { securitySettings } from './security-settings.ts'
import { sidecarFor } from './sidecar-for.ts'
import { inboundSide, outboundListeners } from './sidecar-inputs.ts'
import { type TelemetryEnd, telemetryLevels } from './telemetry-levels.ts'
import { collectorHost, tracingSettings } from './tracing-settings.ts'
import type { UnopenedService } from './auto-passthrough.ts'
import type { ViewFinding } from './view-finding.ts'
import type { ViewIdentity } from './view-identity.ts'

/** The inputs of every resource of one view. */
export interface ViewPlan {
  readonly clusters: readonly OutboundClusterInputs[]
  readonly inboundClusters: readonly InboundClusterInputs[]
  /** Clusters for what nothing declares: those of a proxy that captures traffic, of one that does not, or (the inbound part) none. */
  readonly special: 'capturing' | 'plain' | 'none'
  readonly assignments: readonly LoadAssignmentInputs[]
  readonly listeners: readonly ListenerInputs[]
  readonly tables: readonly RouteTableInputs[]
  readonly secrets: readonly SecretInputs[]
  readonly findings: readonly ViewFinding[]
  readonly unopened: readonly UnopenedService[]
  /** Set for proxies beside which a DNS proxy answers. */
  readonly names?: NameTableInputs
  readonly connectTimeoutMs: number
}

/** What a view is made of. Pure: the same identity and snapshot give the same plan. */
export function planView(identity: ViewIdentity, snapshot: MeshSnapshot): ViewPlan {
  const outbound = planOutbound(identity, snapshot)
  if (identity.kind !== 'sidecar') return outbound
  const inbound = planInbound(identity, snapshot)
  return { ...outbound, inboundClusters: inbound.inboundClusters, listeners: [...outbound.listeners, ...inbound.listeners] }
}

/**
 * What leads away from the proxy; all of it, for a gateway. Must not read what `outboundIdentity` leaves out, so that workloads
 * of one namespace can share it.
 */
export function planOutbound(identity: ViewIdentity, snapshot: MeshSnapshot): ViewPlan {
  const rules = destinationRulesFor(snapshot, identity)
  const secrets = new DeliveredSecrets(identity.mayHoldKeys ? snapshot.secrets : null, identity.namespace)
  const sidecar = sidecarOf(identity, snapshot)
  const scopes = identity.kind === 'sidecar' ? egressScopes(identity, snapshot, sidecar) : []
  const services = withAuthorizers(
    identity.kind === 'sidecar' ? servicesOf(scopes, identity, snapshot) : visibleServices(identity.namespace, snapshot),
    snapshot,
  )
  const parts = services.map(service => rememberedClusters(service, { rules, snapshot, identity, secrets }))
  const settings = httpSettings(identity, snapshot, 'CLIENT')
  const context: RouteContext = {
    identity,
    clusterDomain: snapshot.clusterDomain,
    rules,
    services,
    endpoints: snapshot.registry.endpoints,
    mixer: settings.mixer,
    defaultRetries: snapshot.mesh.defaultHttpRetryPolicy,
    outboundPolicy: sidecar?.spec.outboundTrafficPolicy?.mode ?? snapshot.mesh.outboundTrafficPolicy.mode,
  }
  const outbound = outboundOf(identity, scopes, context, settings, snapshot)
  return {
    clusters: parts.flatMap(part => part.clusters),
    inboundClusters: [],
    special: identity.kind === 'sidecar' && identity.interception === 'redirect' ? 'capturing' : 'plain',
    assignments: parts.flatMap(part => part.assignments),
    listeners: outbound.listeners,
    tables: outbound.tables,
    secrets: uniqueSecrets([...outbound.secrets, ...secrets.inputs]),
    findings: outbound.findings,
    unopened: outbound.unopened,
    ...(identity.dnsCapture && { names: nameTableInputs(identity.namespace, namedServices(scopes), snapshot) }),
    connectTimeoutMs: snapshot.mesh.connectTimeoutMs,
  }
}

/** What egress names. What only rules lead to has no name for the application. */
function namedServices(scopes: readonly EgressScope[]): readonly Service[] {
  const [first, ...others] = scopes
  if (others.length === 0) return first?.services ?? []
  const byHost = new Map<string, Service>()
  for (const service of scopes.flatMap(scope => scope.services)) if (!byHost.has(service.hostname)) byHost.set(service.hostname, service)
  return [...byHost.values()]
}

function uniqueSecrets(secrets: readonly SecretInputs[]): readonly SecretInputs[] {
  return [...new Map(secrets.map(secret => [secret.name, secret])).values()]
}

/** What leads to the application of a sidecar. */
export function planInbound(identity: ViewIdentity, snapshot: MeshSnapshot): ViewPlan {
  const security = securitySettings(identity, snapshot)
  const settings = { ...httpSettings(identity, snapshot, 'SERVER'), security }
  const inbound = inboundSide(identity, snapshot, sidecarOf(identity, snapshot), settings)
  return {
    clusters: [],
    inboundClusters: inbound.clusters,
    special: 'none',
    assignments: [],
    listeners: inbound.listeners,
    tables: [],
    secrets: [],
    findings: securityFindings(security),
    unopened: [],
    connectTimeoutMs: snapshot.mesh.connectTimeoutMs,
  }
}

function sidecarOf(identity: ViewIdentity, snapshot: MeshSnapshot): ReturnType<typeof sidecarFor> {
  return identity.kind === 'sidecar' ? sidecarFor(snapshot.sidecars, snapshot.mesh.rootNamespace, identity) : undefined
}

function outboundOf(
  identity: ViewIdentity,
  scopes: readonly EgressScope[],
  context: RouteContext,
  settings: HttpSettings,
  snapshot: MeshSnapshot,
): GatewaySide {
  if (identity.kind === 'sidecar') {
    const captured = identity.interception === 'redirect' ? scopes.filter(({ listener }) => listener === undefined) : []
    const findings = captured.flatMap(scope => listenerConflicts(scope, identity.dnsCapture, snapshot.registry.endpoints))
    return { ...outboundListeners(scopes, context, settings, snapshot.mesh), secrets: [], findings, unopened: [] }
  }
  const security = securitySettings(identity, snapshot)
  const gateway = gatewaySide(snapshot, context, { ...settings, security })
  return { ...gateway, findings: [...gateway.findings, ...securityFindings(security)] }
}

/**
 * What the egress hosts name, what their VirtualServices lead to, Mixer, and the collector of spans. Of several services of a host
 * that only a rule names, the own namespace's is meant, else that of the first namespace by name.
 */
function servicesOf(scopes: readonly EgressScope[], identity: ViewIdentity, snapshot: MeshSnapshot): readonly Service[] {
  const byHost = new Map(namedServices(scopes).map(service => [service.hostname, service]))
  const hosts = new Set<string>([...mixerHosts(snapshot), ...collectorHost(snapshot)])
  for (const vs of scopes.flatMap(scope => scope.virtualServices)) {
    const add = (host: string): unknown => hosts.add(fullHost(host, vs.meta.namespace, snapshot.clusterDomain))
    for (const rule of vs.spec.http) {
      for (const { destination } of [...rule.route, ...rule.mirrors]) add(destination.host)
      if (rule.mirror !== undefined) add(rule.mirror.host)
    }
    for (const rule of [...vs.spec.tls, ...vs.spec.tcp]) for (const { destination } of rule.route) add(destination.host)
  }
  const implied = exportedServices(identity.namespace, snapshot.registry).filter(
    ({ hostname }) => hosts.has(hostname) && !byHost.has(hostname),
  )
  for (const [hostname, services] of Map.groupBy(implied, service => service.hostname)) {
    const own = services.find(service => service.namespace === identity.namespace)
    const [first] = services.toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1))
    const chosen = own ?? first
    if (chosen !== undefined) byHost.set(hostname, chosen)
  }
  return [...byHost.values()]
}

/** Whoever decides for callers must be reachable, whatever the proxy's own application may see. */
function withAuthorizers(services: readonly Service[], snapshot: MeshSnapshot): readonly Service[] {
  const known = new Set(services.map(service => service.hostname))
  return [
    ...services,
    ...authorizerServices(snapshot).filter((service, i, all) => !known.has(service.hostname) && all.indexOf(service) === i),
  ]
}

function httpSettings(identity: ViewIdentity, snapshot: MeshSnapshot, end: TelemetryEnd): HttpSettings {
  const levels = telemetryLevels(identity, snapshot)
  return {
    accessLogs: accessLogs(levels, end, snapshot),
    mixer: identity.mixerPod === '' ? null : mixerSettings(identity, snapshot),
    istioMetrics: identity.meshwork,
    metrics: metricSettings(levels, end),
    gateway: identity.kind === 'router',
    tracing: tracingSettings(identity, snapshot, levels, end),
    security: null,
    pathNormalization: snapshot.mesh.pathNormalization.normalization,
    trustedProxies: snapshot.mesh.defaultConfig.gatewayTopology.numTrustedProxies,
  }
}

function mixerSettings(identity: ViewIdentity, snapshot: MeshSnapshot): MixerSettings {
  const { mesh } = snapshot
  return {
    checkCluster: mixerCluster(mesh.mixerCheckServer, snapshot),
    reportCluster: mixerCluster(mesh.mixerReportServer, snapshot),
    disableChecks: mesh.disablePolicyChecks,
    workloadUid: `kubernetes://${identity.mixerPod}.${identity.namespace}`,
    workloadNamespace: identity.namespace,
    kind: identity.kind,
  }
}

/** `outbound|9091||mixer.istio-system.svc.cluster.local`: Mixer is a service of the mesh like any other. */
function mixerCluster(server: string, snapshot: MeshSnapshot): string {
  const address = meshAddress(server, snapshot)
  return address === undefined ? '' : outboundClusterName(address.port, '', address.host)
}

function mixerHosts(snapshot: MeshSnapshot): readonly string[] {
  return [snapshot.mesh.mixerCheckServer, snapshot.mesh.mixerReportServer].flatMap(server => meshAddress(server, snapshot)?.host ?? [])
}
