import { isIP } from 'node:net'
import { readProtocol } from '../kinds/index.ts'
import type { CatalogEntry } from './catalog-entry.ts'

export interface ConsulNames {
  readonly trustDomain: string
  /** Namespace of the mesh that services of Consul are in, since they have none. */
  readonly namespace: string
}

/**
 * A service of the catalogue as ServiceEntries, one for each port, because each instance serves one: together they are one service of
 * the mesh. Host, protocol, labels and what is external follow Istio 1.0 (traffic.md 3.4), except that every service has an account of
 * its own; `protocol` and `serviceAccount` may stand in the service's own metadata too, where they are stronger.
 */
export function serviceDocuments(entries: readonly CatalogEntry[], names: ConsulNames): readonly object[] {
  const [first] = entries
  if (first === undefined) return []
  const isExternal = (first.nodeMeta['external'] ?? '') !== ''
  return [...Map.groupBy(entries, ({ port }) => port)]
    .toSorted(([a], [b]) => a - b)
    .map(([port, instances]) => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata: {
        name: `consul-${first.service.toLowerCase().replaceAll(/[^-a-z0-9.]/g, '-')}-${port}`,
        namespace: names.namespace,
        annotations: { 'meshwork.dev/registry': 'consul' },
        creationTimestamp: EPOCH,
      },
      spec: {
        hosts: [`${first.service}.service.consul`],
        ports: [portOf(port, instances)],
        subjectAltNames: [`spiffe://${names.trustDomain}/ns/${names.namespace}/sa/${first.service}`],
        location: isExternal ? 'MESH_EXTERNAL' : 'MESH_INTERNAL',
        ...(isExternal ? { resolution: 'NONE' } : { resolution: resolutionOf(entries), endpoints: instances.map(endpointOf) }),
      },
    }))
}

/** The catalogue tells no time of creation, and what other registries say of a host must not depend on when it was read. */
const EPOCH = '1970-01-01T00:00:00Z'

/** Nothing said means HTTP, something unknown means bytes. */
function portOf(number: number, [instance]: readonly CatalogEntry[]): object {
  const stated = instance?.serviceMeta['protocol'] ?? instance?.nodeMeta['protocol'] ?? 'http'
  const protocol = readProtocol(stated.toUpperCase()) === undefined ? 'TCP' : stated.toUpperCase()
  return { number, name: protocol.toLowerCase().replaceAll('_', '-'), protocol }
}

/** Of all ports, so that they can be ports of one service. */
function resolutionOf(entries: readonly CatalogEntry[]): string {
  return entries.every(({ address }) => isIP(address) !== 0) ? 'STATIC' : 'DNS'
}

function endpointOf({ address, datacenter, tags, serviceMeta, weight }: CatalogEntry): object {
  const account = serviceMeta['serviceAccount']
  return { address, labels: labelsOf(tags), locality: datacenter, weight, ...(account !== undefined && { serviceAccount: account }) }
}

/** Tags of the form `version|v1`. */
function labelsOf(tags: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tags.flatMap(tag => {
      const [key = '', value, ...more] = tag.split('|')
      return value === undefined || more.length > 0 || key === '' ? [] : [[key, value]]
    }),
  )
}
