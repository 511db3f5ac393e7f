import { readText } from '@meshwork/config/file'
import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import { ViewGenerator } from '@meshwork/pilot/push'
import { type MeshSnapshot, SnapshotStore } from '@meshwork/pilot/snapshot'
import { parseProxyNode, planView, type ViewIdentity, viewIdentity } from '@meshwork/pilot/view'
import { median } from '../median.ts'
import { rounded } from './control-plane-rig.ts'
import { addressOf, FULL_MESH, labelsOf, meshDocuments, type MeshSize, namespaceOf, podName, SMALL_MESH } from './synthetic-mesh.ts'

/** All resources of one sidecar, encoded and hashed: from nothing, and again with all that is remembered. CPU time of this process. */
export async function* pilotGenerate(quick: boolean): AsyncGenerator<object> {
  for (const [size, target] of [
    [SMALL_MESH, { cold_ms: 2.3, cached_ms: 0.1 }],
    [FULL_MESH, { cold_ms: 25, cached_ms: 1 }],
  ] as const) {
    const store = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG })
    const { objects } = readText(
      meshDocuments(size)
        .map(document => JSON.stringify(document))
        .join('\n---\n'),
      'bench.yaml',
    )
    store.apply('bench', { upserts: objects, deletes: [], rejections: [] })
    const snapshot = store.current()
    const runs = quick ? 30 : 200
    const identity = sidecar(size, snapshot)
    for (let i = 0; i < runs; i++) generate(new ViewGenerator(), identity, freshCopy(snapshot))
    const cold = Array.from({ length: runs }, () => {
      const copy = freshCopy(snapshot)
      return timed(() => generate(new ViewGenerator(), identity, copy))
    })
    const generator = new ViewGenerator()
    generate(generator, identity, snapshot)
    const cached = Array.from({ length: runs }, () => timed(() => generate(generator, identity, snapshot)))
    yield {
      bench: 'pilot-generate',
      subject: 'meshwork',
      services: size.services,
      cold_ms: rounded(median(cold), 2),
      cached_ms: rounded(median(cached), 3),
      target,
    }
  }
}

/** What is remembered for a service, an endpoint or a rule must not help a cold start. */
function freshCopy(snapshot: MeshSnapshot): MeshSnapshot {
  const { registry, virtualServices, destinationRules } = snapshot
  const endpoints = [...registry.endpoints].map(([key, list]) => [key, list.map(endpoint => ({ ...endpoint }))] as const)
  return {
    ...snapshot,
    registry: { ...registry, services: registry.services.map(service => ({ ...service })), endpoints: new Map(endpoints) },
    virtualServices: virtualServices.map(object => ({ ...object, spec: structuredClone(object.spec) })),
    destinationRules: destinationRules.map(object => ({ ...object, spec: structuredClone(object.spec) })),
  }
}

/** The first one of the mesh. Who a proxy is, is found out when it connects, for all that it asks for. */
function sidecar(size: MeshSize, snapshot: MeshSnapshot): ViewIdentity {
  const namespace = namespaceOf(size, 0)
  const node = parseProxyNode({
    id: `sidecar~${addressOf(0, 0)}~${podName(0, 0)}.${namespace}~${namespace}.svc.cluster.local`,
    cluster: '',
    metadata: { NAMESPACE: namespace, LABELS: labelsOf(0, 0), INTERCEPTION_MODE: 'REDIRECT' },
    locality: { region: '', zone: '', subZone: '' },
    userAgentName: '',
  })
  if (node.kind === 'err') throw new Error(node.error)
  return viewIdentity(node.value, snapshot)
}

function generate(generator: ViewGenerator, identity: ViewIdentity, snapshot: MeshSnapshot): number {
  const view = generator.generate(planView(identity, snapshot))
  let bytes = 0
  for (const { resource } of [...view.clusters, ...view.endpoints, ...view.listeners, ...view.routes]) {
    bytes += resource.bytes.length + resource.version.length
  }
  return bytes
}

function timed(run: () => unknown): number {
  const start = process.threadCpuUsage()
  const before = performance.now()
  run()
  const used = process.threadCpuUsage(start)
  const cpuMs = (used.user + used.system) / 1_000
  // Below the resolution of the account of CPU time the wall clock is the better one.
  return cpuMs > 2 ? cpuMs : performance.now() - before
}
