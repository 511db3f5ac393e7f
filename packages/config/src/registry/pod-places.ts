import type { Derived, Graph } from '../derive/index.ts'
import { localityOf } from './locality.ts'
import type { Locality } from './model.ts'
import { ONLY } from './only.ts'
import type { RegistryObjects } from './registry-inputs.ts'

/** Where a pod runs. */
export interface PodPlace {
  readonly locality: Locality
  /** '' for a pod that no machine was chosen for. */
  readonly nodeName: string
}

/** By `namespace/name`; pods of which nothing is known are left out. */
export type PodPlaces = ReadonlyMap<string, PodPlace>

/** The places of all pods, by `ONLY`, for proxies whose own place decides which endpoints are near. */
export function derivePodPlaces(graph: Graph, objects: RegistryObjects): Derived<PodPlaces> {
  const { pods, nodes } = objects
  const places = graph.derive<PodPlace>({
    name: 'places of pods',
    inputs: [pods.table, nodes.table],
    keys: read => read.keys(pods.table),
    compute: (key, read) => {
      const pod = read.get(pods.table, key)
      if (pod === undefined) return undefined
      const { nodeName = '' } = pod.spec
      const node = nodeName === '' ? undefined : objects.readBy(read).node(nodeName)
      const locality = localityOf(pod.meta.labels, node?.meta.labels ?? {})
      return locality.region === '' && nodeName === '' ? undefined : { locality, nodeName }
    },
  })
  return graph.derive<PodPlaces>({
    name: 'places of all pods',
    inputs: [places.table],
    keys: () => [ONLY],
    compute: (_, read) => new Map(read.list(places.table)),
    equal: Object.is,
  })
}
