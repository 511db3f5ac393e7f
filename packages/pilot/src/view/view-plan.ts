import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { InboundClusterInputs, OutboundClusterInputs } from '../translate/clusters/inputs.ts'
import { outboundClusterName } from '../translate/clusters/cluster-name.ts'
import type { LoadAssignmentInputs } from '../translate/endpoints/inputs.ts'
import type { HttpSettings, MixerSettings } from '../translate/filters/inputs.ts'
import type { ListenerInputs } from '../translate/listeners/inputs.ts'
import type { RouteTableInputs } from '../translate/routes/inputs.ts'
import type { NameTableInputs } from '../translate/names/inputs.ts'
import type { SecretInputs } from '../translate/secrets/inputs.ts'
import { accessLogs } from './access-logs.ts'
import { DeliveredSecrets } from './delivered-secrets.ts'
import { destinationRulesFor } from './destination-rules.ts'
import { elsewhereCluster } from './elsewhere.ts'
import { outboundClusters } from './outbound-clusters.ts'
import { namedServices, outboundServices } from './outbound-services.ts'
import { type GatewaySide, gatewaySide } from './gateway-inputs.ts'
import { listenerConflicts } from './listener-conflicts.ts'
import { meshAddress } from './mesh-address.ts'
import { egressScopes, type EgressScope } from './outbound-scope.ts'
import { nameTableInputs } from './name-inputs.ts'
import { metricSettings } from './metric-settings.ts'
import type { RouteContext } from './route-inputs.ts'
import { seenFrom } from './seen-from.ts'
import { securityFindings } from './security-findings.ts'
import { securitySettings } from './security-settings.ts'
import { sidecarFor } from './sidecar-for.ts'
import { inboundSide, outboundListeners } from './sidecar-inputs.ts'
import { type TelemetryEnd, telemetryLevels } from './telemetry-levels.ts'
import { tracingSettings } from './tracing-settings.ts'
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
export function planOutbound(identity: ViewIdentity, whole: MeshSnapshot): ViewPlan {
  const snapshot = seenFrom(whole, identity.viewpoint)
  const rules = destinationRulesFor(snapshot, identity)
  const secrets = new DeliveredSecrets(identity.mayHoldKeys ? snapshot.secrets : null, identity.namespace)
  const sidecar = sidecarOf(identity, snapshot)
  const scopes = identity.kind === 'sidecar' ? egressScopes(identity, snapshot, sidecar) : []
  const services = outboundServices(identity, scopes, snapshot)
  const { clusters, assignments } = outboundClusters(services, { rules, snapshot, identity, secrets })
  const settings = httpSettings(identity, snapshot, 'CLIENT')
  const context: RouteContext = {
    identity,
    clusterDomain: snapshot.clusterDomain,
    rules,
    services,
    endpoints: snapshot.registry.endpoints,
    mixer: settings.mixer,
    defaultRetries: snapshot.mesh.defaultHttpRetryPolicy,
    elsewhere: elsewhereCluster(sidecar, services, snapshot),
  }
  const outbound = outboundOf(identity, scopes, context, settings, snapshot)
  return {
    clusters,
    inboundClusters: [],
    special: identity.kind === 'sidecar' && identity.interception !== 'none' ? 'capturing' : 'plain',
    assignments,
    listeners: outbound.listeners,
    tables: outbound.tables,
    secrets: uniqueSecrets([...outbound.secrets, ...secrets.inputs]),
    findings: outbound.findings,
    unopened: outbound.unopened,
    ...(identity.dnsCapture && { names: nameTableInputs(identity.namespace, namedServices(scopes), snapshot) }),
    connectTimeoutMs: snapshot.mesh.connectTimeoutMs,
  }
}

function uniqueSecrets(secrets: readonly SecretInputs[]): readonly SecretInputs[] {
  return [...new Map(secrets.map(secret => [secret.name, secret])).values()]
}

/** What leads to the application of a sidecar. */
export function planInbound(identity: ViewIdentity, whole: MeshSnapshot): ViewPlan {
  const snapshot = seenFrom(whole, identity.viewpoint)
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
