import { type ModelPort, type Service, type ServiceEndpoint, serviceKey } from '@meshwork/config/registry'
import type { ClientTlsSettings, ObjectOf } from '@meshwork/config/kinds'
import { spiffeId } from '@meshwork/core/ids'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { ClientCredential, OutboundClusterInputs } from '../translate/clusters/inputs.ts'
import { settingsFor, withMeshDefaults } from '../translate/clusters/traffic-settings.ts'
import { outboundClusterName, serverNameOfCluster } from '../translate/clusters/cluster-name.ts'
import type { LoadAssignmentInputs } from '../translate/endpoints/inputs.ts'
import { hasLabels } from '../translate/routes/static-match.ts'
import { callerPlace, localitySetting } from './caller-place.ts'
import type { DeliveredSecrets } from './delivered-secrets.ts'
import type { DestinationRules } from './destination-rules.ts'
import { takesMutualTls } from './mutual-tls.ts'
import { throughGateways } from './through-gateways.ts'
import type { ViewIdentity } from './view-identity.ts'

export interface ServiceClusters {
  readonly clusters: readonly OutboundClusterInputs[]
  readonly assignments: readonly LoadAssignmentInputs[]
}

/** What clusters of one view have in common. */
export interface ClusterContext {
  readonly rules: DestinationRules
  readonly snapshot: MeshSnapshot
  readonly identity: ViewIdentity
  /** Notes which secrets clusters name. */
  readonly secrets: DeliveredSecrets
}

/** Inputs for the clusters of a service: one for each port, and one for each port of each subset; endpoints where EDS brings them. */
export function serviceClusters(declared: Service, context: ClusterContext): ServiceClusters {
  const { rules, snapshot } = context
  const service = listedAtGateway(declared, context.identity)
  const rule = rules.ruleFor(service)
  const endpoints = snapshot.registry.endpoints.get(serviceKey(service)) ?? []
  const accounts = serviceAccounts(service, endpoints, snapshot.mesh.trustDomain)
  const clusters: OutboundClusterInputs[] = []
  const assignments: LoadAssignmentInputs[] = []
  for (const port of service.ports.filter(p => p.protocol !== 'udp')) {
    for (const subset of ['', ...(rule?.spec.subsets ?? []).map(s => s.name)]) {
      const chosen = endpointsOf(endpoints, port, subset, rule)
      const inputs = clusterInputs({ service, port, subset, rule, accounts, chosen, context })
      clusters.push(inputs)
      if (usesEds(inputs)) assignments.push(...assignmentsOf(inputs, chosen, context))
    }
  }
  return { clusters, assignments }
}

/** Nobody dialled an address of a headless service to reach a gateway, so a gateway chooses among its pods. */
function listedAtGateway(service: Service, { kind }: ViewIdentity): Service {
  return kind === 'router' && service.headless ? { ...service, resolution: 'static' } : service
}

interface ClusterFacts {
  readonly service: Service
  readonly port: ModelPort
  readonly subset: string
  readonly rule: ObjectOf<'DestinationRule'> | undefined
  readonly accounts: readonly string[]
  readonly chosen: readonly ServiceEndpoint[]
  readonly context: ClusterContext
}

function clusterInputs(facts: ClusterFacts): OutboundClusterInputs {
  const { service, port, subset, rule, accounts, chosen } = facts
  const { snapshot, identity } = facts.context
  const { connectTimeoutMs, enableAutoMtls, dnsRefreshRateMs } = snapshot.mesh
  const settings = withMeshDefaults(settingsFor(rule?.spec, subset, port.number), snapshot.mesh)
  const caller = callerPlace(localitySetting(settings, service, snapshot.mesh.localityLbSetting), settings, identity)
  const unlisted = service.resolution === 'none' || settings.loadBalancer?.simple === 'PASSTHROUGH'
  const byDns = service.resolution === 'dns' || service.resolution === 'dns-round-robin'
  return {
    service,
    port,
    subset,
    settings,
    rule,
    serviceAccounts: accounts,
    dnsEndpoints: byDns ? chosen.map(endpoint => ({ endpoint, mutualTls: takesMutualTls(endpoint, snapshot) })) : [],
    allTakeMutualTls: unlisted && chosen.length > 0 && chosen.every(endpoint => takesMutualTls(endpoint, snapshot)),
    mesh: { connectTimeoutMs, enableAutoMtls, dnsRefreshRateMs },
    credential: credentialOf(settings.tls, rule, facts.context),
    meshwork: identity.meshwork,
    caller,
  }
}

/**
 * Where TLS settings name a Secret: at gateways, and at the clients that a rule selects, as others may not read the Secret
 * (Istio's documentation of `credentialName`). A Secret that is missing is asked for all the same: calls fail until it is there.
 */
function credentialOf(
  tls: ClientTlsSettings | undefined,
  rule: ObjectOf<'DestinationRule'> | undefined,
  { identity, secrets }: ClusterContext,
): ClientCredential | undefined {
  const name = tls?.credentialName ?? ''
  if (name === '' || (tls?.mode !== 'SIMPLE' && tls?.mode !== 'MUTUAL')) return undefined
  const selected = Object.keys(rule?.spec.workloadSelector?.matchLabels ?? {}).length > 0
  if (identity.kind === 'sidecar' && !selected) return undefined
  return secrets.clientCredential(name)
}

function usesEds(inputs: OutboundClusterInputs): boolean {
  return inputs.service.resolution === 'static' && inputs.settings.loadBalancer?.simple !== 'PASSTHROUGH'
}

/**
 * Through gateways between networks go only connections with mutual TLS. A gateway of that kind itself has endpoints of its own
 * network for them, so that no connection goes in circles.
 */
function assignmentsOf(
  { port, subset, service, settings, caller }: OutboundClusterInputs,
  chosen: readonly ServiceEndpoint[],
  { snapshot, identity }: ClusterContext,
): readonly LoadAssignmentInputs[] {
  const cluster = outboundClusterName(port.number, subset, service.hostname)
  const all = chosen.map(endpoint => ({ endpoint, mutualTls: takesMutualTls(endpoint, snapshot) }))
  if (identity.viewpoint === undefined) return [{ cluster, endpoints: all, caller }]
  const bringsNames = settings.tls === undefined ? snapshot.mesh.enableAutoMtls : settings.tls.mode === 'ISTIO_MUTUAL'
  const assignment = { cluster, endpoints: throughGateways(all, bringsNames), caller }
  if (identity.kind !== 'router') return [assignment]
  const near = all.filter(({ endpoint, mutualTls }) => endpoint.gatewayPort === undefined && mutualTls)
  return [assignment, { cluster: serverNameOfCluster(port.number, subset, service.hostname), endpoints: near, caller }]
}

function endpointsOf(
  endpoints: readonly ServiceEndpoint[],
  port: ModelPort,
  subset: string,
  rule: ObjectOf<'DestinationRule'> | undefined,
): readonly ServiceEndpoint[] {
  const labels = rule?.spec.subsets.find(s => s.name === subset)?.labels ?? {}
  return endpoints.filter(endpoint => endpoint.ready && endpoint.portName === port.name && hasLabels(endpoint.labels, labels))
}

/** Sorted, so that the order of endpoints changes no cluster. Names that are no identity are left out. */
function serviceAccounts(service: Service, endpoints: readonly ServiceEndpoint[], trustDomain: string): readonly string[] {
  const ids = new Set(service.serviceAccounts)
  let last: ServiceEndpoint | undefined
  for (const endpoint of endpoints) {
    const { namespace, serviceAccount } = endpoint
    // Nearly always all endpoints of a service have one.
    if (serviceAccount === '' || (last?.serviceAccount === serviceAccount && last.namespace === namespace)) continue
    last = endpoint
    const id = spiffeId(trustDomain, namespace, serviceAccount)
    if (id.kind === 'ok') ids.add(id.value.uri)
  }
  return ids.size < 2 ? [...ids] : [...ids].toSorted()
}
