import { Graph } from '../derive/index.ts'
import type { ConfigObject } from '../kinds/index.ts'
import { deriveRegistry } from './derive-registry.ts'
import type { KubernetesNames } from './kubernetes-service.ts'
import type { ServiceRegistry } from './model.ts'
import { ObjectInputs } from './object-inputs.ts'
import { ONLY } from './only.ts'

/** The registry of all objects, once. Who has to follow changes keeps the graph of `deriveRegistry`. */
export function buildRegistry(objects: Iterable<ConfigObject>, names: KubernetesNames): ServiceRegistry {
  const graph = new Graph()
  const inForce = graph.input<KubernetesNames>('names')
  inForce.set(ONLY, names)
  const { objects: inputs, registry } = deriveRegistry(graph, inForce.table)
  const router = new ObjectInputs(inputs.all)
  for (const object of objects) router.set(object)
  graph.commit()
  return registry.table.get(ONLY) ?? { services: [], endpoints: new Map() }
}
