import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import type { VirtualHost } from '@meshwork/protos/envoy/config/route/v3/route_components'
import { allowAnyHost, blockAllHost, buildVirtualHost, notFoundHost } from './build-virtual-host.ts'
import type { RouteTableInputs, VirtualHostInputs } from './inputs.ts'

/** Longest body of a direct response, in bytes; what VirtualService accepts is below it. */
const LONGEST_DIRECT_RESPONSE = 1_048_576

/** `fromPartial` copies what it is given, and again at every level above; the parts here are whole and are taken as they are. */
const EMPTY_TABLE = RouteConfiguration.fromPartial({})

export function buildRouteTable(inputs: RouteTableInputs): RouteConfiguration {
  const facts = new Map(inputs.destinations.map(destination => [destination.host, destination]))
  const { clusterDomain, endsTls, defaultRetries, mixer } = inputs
  const table = { clusterDomain, endsTls, defaultRetries, mixer, onlyPortCounts: !inputs.ignorePortInHost }
  const hosts = withoutRepeatedDomains(inputs.virtualHosts)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(host => buildVirtualHost(host, facts, table))
  return {
    ...EMPTY_TABLE,
    name: inputs.name,
    virtualHosts: [...hosts, ...fallbackHosts(inputs, hosts)],
    validateClusters: false,
    maxDirectResponseBodySizeBytes: LONGEST_DIRECT_RESPONSE,
    ignorePortInHostMatching: inputs.ignorePortInHost,
  }
}

/** Envoy refuses a table in which two virtual hosts have one domain (ignoring case), so the first one keeps it. */
function withoutRepeatedDomains(hosts: readonly VirtualHostInputs[]): VirtualHostInputs[] {
  const seen = new Set<string>()
  return hosts
    .map(host => {
      const domains = host.domains.filter(domain => !seen.has(domain.toLowerCase()) && seen.add(domain.toLowerCase()))
      return { ...host, domains }
    })
    .filter(host => host.domains.length > 0)
}

function fallbackHosts(inputs: RouteTableInputs, hosts: readonly VirtualHost[]): VirtualHost[] {
  if (hosts.some(host => host.domains.includes('*'))) return []
  switch (inputs.fallback) {
    case 'allow-any':
      return [allowAnyHost()]
    case 'block-all':
      return [blockAllHost()]
    case 'not-found':
      return hosts.length === 0 ? [notFoundHost(inputs.name.replace(/^\D*/, ''))] : []
  }
}
