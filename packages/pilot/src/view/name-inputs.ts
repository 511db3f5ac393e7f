import { type Service, type ServiceEndpoint, serviceKey } from '@meshwork/config/registry'
import { isIP } from 'node:net'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { HeadlessNames, NameTableInputs } from '../translate/names/inputs.ts'

/** The names of what a workload may reach. */
export function nameTableInputs(
  namespace: string,
  services: readonly Service[],
  { registry }: Pick<MeshSnapshot, 'registry'>,
): NameTableInputs {
  return {
    namespace,
    services,
    headless: services
      .filter(({ headless }) => headless)
      .map(service => headlessNames(serviceKey(service), registry.endpoints.get(serviceKey(service)) ?? []))
      .toSorted((a, b) => (a.service < b.service ? -1 : 1)),
  }
}

function headlessNames(service: string, endpoints: readonly ServiceEndpoint[]): HeadlessNames {
  const ready = endpoints.filter(({ ready: isReady, address }) => isReady && isIP(address) !== 0)
  const named = Map.groupBy(ready, ({ podHostname }) => podHostname ?? '')
  const addressesOf = (places: readonly ServiceEndpoint[]): readonly string[] =>
    [...new Set(places.map(({ address }) => address))].toSorted()
  return {
    service,
    addresses: addressesOf(ready),
    pods: [...named]
      .filter(([name]) => name !== '')
      .map(([name, places]) => ({ name, addresses: addressesOf(places) }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}
