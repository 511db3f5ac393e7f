import { serviceKey } from '@meshwork/config/registry'
import { outboundClusterName } from '../translate/index.ts'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'

/** How many ready endpoints each cluster of the mesh has, by the name under which proxies know it, subsets apart. */
export function endpointCounts({ registry }: MeshSnapshot): readonly (readonly [cluster: string, ready: number])[] {
  return registry.services.flatMap(service => {
    const endpoints = registry.endpoints.get(serviceKey(service)) ?? []
    return service.ports.map(
      ({ name, number }) =>
        [
          outboundClusterName(number, '', service.hostname),
          endpoints.filter(({ ready, portName }) => ready && portName === name).length,
        ] as const,
    )
  })
}
