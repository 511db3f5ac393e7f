import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { Secret } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/secret'
import { NameTable } from '@meshwork/protos/istio/networking/nds/v1/nds'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, NAME_TABLE_NAME, NAME_TABLE_TYPE, ROUTE_TYPE, SECRET_TYPE } from '@meshwork/xds/types'
import { buildInboundCluster } from '../translate/clusters/build-inbound-cluster.ts'
import { encodeOutboundCluster } from '../translate/clusters/encode-outbound-cluster.ts'
import {
  buildBlackHoleCluster,
  buildInboundPassthroughCluster,
  buildPassthroughCluster,
} from '../translate/clusters/build-special-clusters.ts'
import { buildUnopenedCluster } from '../translate/clusters/build-unopened-cluster.ts'
import {
  BLACK_HOLE_CLUSTER,
  INBOUND_PASSTHROUGH_CLUSTER,
  inboundClusterName,
  outboundClusterName,
  PASSTHROUGH_CLUSTER,
} from '../translate/clusters/cluster-name.ts'
import type { InboundClusterInputs, OutboundClusterInputs } from '../translate/clusters/inputs.ts'
import { encodeEdsAssignment } from '../translate/endpoints/encode-load-assignment.ts'
import type { LoadAssignmentInputs } from '../translate/endpoints/inputs.ts'
import { buildListener } from '../translate/listeners/build-listener.ts'
import type { ListenerInputs } from '../translate/listeners/inputs.ts'
import { listenerName } from '../translate/listeners/listener-base.ts'
import { encodeRouteTable } from '../translate/routes/encode-route-table.ts'
import type { RouteTableInputs } from '../translate/routes/inputs.ts'
import { buildNameTable } from '../translate/names/build-name-table.ts'
import type { NameTableInputs } from '../translate/names/inputs.ts'
import { buildSecret } from '../translate/secrets/build-secret.ts'
import type { SecretInputs } from '../translate/secrets/inputs.ts'
import type { ViewPlan } from '../view/view-plan.ts'
import { Remembered } from '../snapshot/remembered.ts'
import { type Generated, type GeneratedView, sealed, sealedBytes } from './generated-view.ts'
import { Memo, type MemoCounters } from './memo.ts'

/**
 * Turns plans into resources. A resource is built, encoded and hashed once for equal inputs, whichever view asks and however
 * often. State: the memos, owned by the push loop.
 */
export class ViewGenerator {
  private readonly clusters = new Memo<OutboundClusterInputs, Generated<Cluster>>()
  private readonly inbound = new Memo<InboundClusterInputs, Generated<Cluster>>()
  private readonly unopened = new Remembered<Generated<Cluster>>()
  private readonly special = new Memo<number, Generated<Cluster>>()
  private readonly assignments = new Memo<LoadAssignmentInputs, Generated<ClusterLoadAssignment>>()
  private readonly listeners = new Memo<ListenerInputs, Generated<Listener>>()
  private readonly tables = new Memo<RouteTableInputs, Generated<RouteConfiguration>>()
  private readonly secrets = new Memo<SecretInputs, Generated<Secret>>()
  private readonly names = new Memo<NameTableInputs, Generated<NameTable>>()
  private readonly clusterLists = new WeakMap<readonly OutboundClusterInputs[], readonly Generated<Cluster>[]>()
  private readonly assignmentLists = new WeakMap<readonly LoadAssignmentInputs[], readonly Generated<ClusterLoadAssignment>[]>()
  private readonly allClusters = new Remembered<readonly Generated<Cluster>[]>()

  generate(plan: ViewPlan): GeneratedView {
    const outbound = this.outboundClusters(plan.clusters)
    const more = [
      ...this.unopenedClusters(outbound, plan.unopened),
      ...plan.inboundClusters.map(i => this.inboundCluster(i)),
      ...this.specialClusters(plan),
    ]
    return {
      clusters: outbound.length === 0 ? more : this.allClusters.get(outbound, plan.special, more, () => [...outbound, ...more]),
      endpoints: this.loadAssignments(plan.assignments),
      listeners: plan.listeners.map(inputs => this.listener(inputs)),
      routes: plan.tables.map(inputs => this.table(inputs)),
      secrets: plan.secrets.map(inputs => this.secret(inputs)),
      names: plan.names === undefined ? [] : [this.nameTable(plan.names)],
      extensions: [],
      findings: plan.findings,
    }
  }

  /** The same list for the same list. */
  outboundClusters(inputs: readonly OutboundClusterInputs[]): readonly Generated<Cluster>[] {
    return listOf(this.clusterLists, inputs, each => this.outboundCluster(each))
  }

  private unopenedClusters(outbound: readonly Generated<Cluster>[], services: ViewPlan['unopened']): readonly Generated<Cluster>[] {
    if (services.length === 0) return []
    const known = new Map(outbound.map(each => [each.resource.name, each]))
    return services.flatMap(({ serverName, cluster, endpoints }) => {
      const base = known.get(cluster)
      if (base === undefined) return []
      return [this.unopened.get(base, endpoints, [], () => unopenedCluster(base, serverName, endpoints))]
    })
  }

  /** The same list for the same list. */
  loadAssignments(inputs: readonly LoadAssignmentInputs[]): readonly Generated<ClusterLoadAssignment>[] {
    return listOf(this.assignmentLists, inputs, each => this.assignment(each))
  }

  /** Forgets resources that are in none of `live`. */
  keepOnly(live: Iterable<GeneratedView>): void {
    const lists = new Set<readonly Generated[]>()
    for (const { clusters, endpoints, listeners, routes, secrets, names } of live)
      for (const list of [clusters, endpoints, listeners, routes, secrets, names]) lists.add(list)
    const used = new Set<unknown>()
    for (const list of lists) for (const each of list) used.add(each)
    const { clusters, inbound, special, assignments, listeners, tables, secrets, names } = this
    for (const memo of [clusters, inbound, special, assignments, listeners, tables, secrets, names]) memo.keepOnly(used)
  }

  /** What was built and what was remembered since the start, by kind of resource. */
  counters(): Readonly<Record<'clusters' | 'endpoints' | 'listeners' | 'routes', MemoCounters>> {
    return {
      clusters: this.clusters.counters,
      endpoints: this.assignments.counters,
      listeners: this.listeners.counters,
      routes: this.tables.counters,
    }
  }

  private nameTable(inputs: NameTableInputs): Generated<NameTable> {
    return this.names.get(inputs.namespace, inputs, i =>
      sealed(
        NAME_TABLE_TYPE,
        NAME_TABLE_NAME,
        buildNameTable(i),
        NameTable,
        i.services.map(service => service.origin),
      ),
    )
  }

  private outboundCluster(inputs: OutboundClusterInputs): Generated<Cluster> {
    const name = outboundClusterName(inputs.port.number, inputs.subset, inputs.service.hostname)
    return this.clusters.get(name, inputs, i =>
      sealedBytes(CLUSTER_TYPE, name, encodeOutboundCluster(i), Cluster, [
        i.service.origin,
        ...(i.rule === undefined ? [] : [i.rule.origin]),
      ]),
    )
  }

  private inboundCluster(inputs: InboundClusterInputs): Generated<Cluster> {
    const name = inboundClusterName(inputs.port)
    // Every workload has one of this name, so what sets them apart has to be in the key.
    const key = `${name} ${inputs.service?.host ?? ''}`
    return this.inbound.get(key, inputs, i => sealed(CLUSTER_TYPE, name, buildInboundCluster(i), Cluster, i.origins))
  }

  private specialClusters(plan: ViewPlan): Generated<Cluster>[] {
    const { connectTimeoutMs } = plan
    if (plan.special === 'none') return []
    const special = (name: string, build: (timeoutMs: number) => Cluster): Generated<Cluster> =>
      this.special.get(name, connectTimeoutMs, ms => sealed(CLUSTER_TYPE, name, build(ms), Cluster, []))
    return [
      special(PASSTHROUGH_CLUSTER, buildPassthroughCluster),
      ...(plan.special === 'capturing' ? [special(INBOUND_PASSTHROUGH_CLUSTER, buildInboundPassthroughCluster)] : []),
      special(BLACK_HOLE_CLUSTER, buildBlackHoleCluster),
    ]
  }

  private assignment(inputs: LoadAssignmentInputs): Generated<ClusterLoadAssignment> {
    return this.assignments.get(inputs.cluster, inputs, i =>
      sealedBytes(ENDPOINT_TYPE, i.cluster, encodeEdsAssignment(i), ClusterLoadAssignment, []),
    )
  }

  private listener(inputs: ListenerInputs): Generated<Listener> {
    const name = listenerName(inputs)
    const origins = 'origins' in inputs ? inputs.origins : []
    const key = inputs.kind === 'capture-inbound' ? [name, inputs.ip, ...inputs.ports.map(port => port.service?.host)].join(' ') : name
    return this.listeners.get(key, inputs, i => sealed(LISTENER_TYPE, name, buildListener(i), Listener, origins))
  }

  private table(inputs: RouteTableInputs): Generated<RouteConfiguration> {
    return this.tables.get(inputs.name, inputs, i => {
      const { bytes, clusters } = encodeRouteTable(i)
      const origins = i.virtualHosts.flatMap(host => host.origins)
      return sealedBytes(ROUTE_TYPE, i.name, bytes, RouteConfiguration, origins, clusters)
    })
  }

  private secret(inputs: SecretInputs): Generated<Secret> {
    return this.secrets.get(inputs.name, inputs, i => sealed(SECRET_TYPE, i.name, buildSecret(i), Secret, []))
  }
}

function unopenedCluster({ message, origins }: Generated<Cluster>, name: string, endpoints: string): Generated<Cluster> {
  return sealed(CLUSTER_TYPE, name, buildUnopenedCluster(message, name, endpoints), Cluster, origins)
}

function listOf<I, O>(known: WeakMap<readonly I[], readonly O[]>, inputs: readonly I[], build: (inputs: I) => O): readonly O[] {
  let list = known.get(inputs)
  if (list === undefined) {
    list = inputs.map(build)
    known.set(inputs, list)
  }
  return list
}
