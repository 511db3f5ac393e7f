import { type Service, serviceKey } from '@meshwork/config/registry'
import { NameTable, type NameTable_NameInfo } from '@meshwork/protos/istio/networking/nds/v1/nds'
import { isIP } from 'node:net'
import type { HeadlessNames, NameTableInputs } from './inputs.ts'

/** What Istio calls the registries in name tables. */
const REGISTRY_NAMES: Readonly<Record<Service['registry'], string>> = { kubernetes: 'Kubernetes', 'service-entry': 'External' }

/**
 * The names that a workload's DNS proxy answers by itself: of every service it may reach that has an address, and of headless
 * services those of their pods. A host without any is left to the resolver that the workload would have asked.
 */
export function buildNameTable({ services, headless }: NameTableInputs): NameTable {
  const headlessByKey = new Map(headless.map(names => [names.service, names]))
  const table: Record<string, NameTable_NameInfo> = {}
  for (const service of services) {
    const pods = headlessByKey.get(serviceKey(service))
    const ips = pods === undefined ? addressesOf(service) : pods.addresses
    if (ips.length > 0) table[service.hostname] = nameInfo(service, ips, service.name)
    if (pods !== undefined) Object.assign(table, podNames(service, pods))
  }
  return NameTable.fromPartial({ table })
}

/** Blocks are no addresses that a name could stand for. */
function addressesOf({ addresses, autoAddress }: Service): readonly string[] {
  const own = addresses.filter(address => isIP(address) !== 0 && address !== '0.0.0.0')
  return own.length === 0 && autoAddress !== undefined ? [autoAddress] : own
}

/** Shorter forms of a name exist in Kubernetes only: `reviews`, `reviews.default`. */
function nameInfo(service: Service, ips: readonly string[], shortname: string): NameTable_NameInfo {
  const isShort = service.registry === 'kubernetes'
  return {
    ips: [...ips],
    registry: REGISTRY_NAMES[service.registry],
    shortname: isShort ? shortname : '',
    namespace: isShort ? service.namespace : '',
    altHosts: [],
  }
}

function podNames(service: Service, { pods }: HeadlessNames): Record<string, NameTable_NameInfo> {
  return Object.fromEntries(
    pods.map(({ name, addresses }) => [`${name}.${service.hostname}`, nameInfo(service, addresses, `${name}.${service.name}`)]),
  )
}
