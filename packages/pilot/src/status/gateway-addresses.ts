import { type ConfigObject, isKind, type ObjectOf } from '@meshwork/config/kinds'
import { selects } from '@meshwork/config/registry'

type Addresses = (object: ConfigObject) => readonly string[]

const NONE: readonly string[] = []

/**
 * Where connections for a Gateway are taken from outside of the cluster: addresses of load balancers, and external ones, of Services
 * that lead to the pods which the Gateway selects. A Service leads there if it demands at least the Gateway's labels.
 */
export function gatewayAddresses(objects: ReadonlyMap<string, ConfigObject>): Addresses {
  let services: readonly ObjectOf<'Service'>[] | undefined
  return object => {
    if (!isKind(object, 'Gateway')) return NONE
    // Most snapshots are asked about many objects that are no Gateway: Services are looked for when the first one comes.
    services ??= [...objects.values()].filter(each => isKind(each, 'Service')).filter(hasAddress)
    const { selector } = object.spec
    const found = services.filter(service => selects(selector, service.spec.selector)).flatMap(addressesOf)
    return [...new Set(found)].toSorted()
  }
}

function hasAddress(service: ObjectOf<'Service'>): boolean {
  return addressesOf(service).length > 0
}

function addressesOf({ spec }: ObjectOf<'Service'>): readonly string[] {
  const balanced = spec.type === 'LoadBalancer' ? spec.loadBalancer.flatMap(({ ip, hostname }) => ip ?? hostname ?? []) : []
  return [...balanced, ...spec.externalIPs]
}
