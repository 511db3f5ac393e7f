import { isHttp, type ServiceRegistry, serviceKey } from '@meshwork/config/registry'

/** Ports of pods that two services name, one for HTTP and one for bytes: the proxy beside the pod serves the older's. */
export function countInboundConflicts({ services, endpoints }: Pick<ServiceRegistry, 'services' | 'endpoints'>): number {
  const meant = new Map<string, Set<boolean>>()
  for (const service of services) {
    const http = new Map(service.ports.map(({ name, protocol }) => [name, protocol === 'auto' ? undefined : isHttp(protocol)]))
    for (const { address, port, portName, workload } of endpoints.get(serviceKey(service)) ?? []) {
      const meaning = http.get(portName)
      if (meaning === undefined || workload === undefined) continue
      const place = `${address} ${port}`
      const meanings = meant.get(place)
      if (meanings === undefined) meant.set(place, new Set([meaning]))
      else meanings.add(meaning)
    }
  }
  return [...meant.values()].filter(({ size }) => size > 1).length
}
