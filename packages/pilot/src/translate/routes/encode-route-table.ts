import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { VirtualHost, VirtualHost_TlsRequirementType } from '@meshwork/protos/envoy/config/route/v3/route_components'
import { encodeMessage, encodeWith } from '@meshwork/protos/encode-message'
import { allowAnyHost, blockAllHost, notFoundHost } from './build-host-routes.ts'
import { clustersOfRoutes } from './clusters-of.ts'
import { type HostFragment, hostFragment } from './host-fragment.ts'
import type { RouteTableInputs, VirtualHostInputs } from './inputs.ts'

/** Longest body of a direct response, in bytes; what VirtualService accepts is below it. */
const LONGEST_DIRECT_RESPONSE = 1_048_576

const EMPTY_TABLE = RouteConfiguration.fromPartial({})
const EMPTY_HOST = VirtualHost.fromPartial({})
/** Field 2, `virtual_hosts`, in front of its length. */
const VIRTUAL_HOSTS = (2 << 3) | 2

/** A table as bytes: the parts that tables share are encoded once. */
export interface EncodedTable {
  readonly bytes: Uint8Array
  /** The clusters that its routes lead to. */
  readonly clusters: ReadonlySet<string>
}

export function encodeRouteTable(inputs: RouteTableInputs): EncodedTable {
  const facts = new Map(inputs.destinations.map(destination => [destination.host, destination]))
  const { clusterDomain, endsTls, defaultRetries, mixer } = inputs
  const settings = { clusterDomain, endsTls, defaultRetries, mixer, onlyPortCounts: !inputs.ignorePortInHost }
  const hosts = withoutRepeatedDomains(inputs.virtualHosts)
    .toSorted((a, b) => (a.host.name < b.host.name ? -1 : 1))
    .map(each => ({ ...each, fragment: hostFragment(each.host, facts, settings) }))
  const fallback = fallbackHosts(inputs, hosts)
  const encoded = hosts.map(encodedHost)
  const bytes = encodeWith(writer => {
    RouteConfiguration.encode({ ...EMPTY_TABLE, name: inputs.name }, writer)
    for (const host of encoded) writer.uint32(VIRTUAL_HOSTS).bytes(host)
    RouteConfiguration.encode({ ...EMPTY_TABLE, virtualHosts: fallback, ...tableSettings(inputs) }, writer)
  })
  const clusters = new Set(clustersOfRoutes(fallback.flatMap(({ routes }) => routes)))
  for (const { fragment } of hosts) for (const cluster of fragment.clusters) clusters.add(cluster)
  return { bytes, clusters }
}

function tableSettings(inputs: RouteTableInputs): Partial<RouteConfiguration> {
  return {
    validateClusters: false,
    maxDirectResponseBodySizeBytes: LONGEST_DIRECT_RESPONSE,
    ignorePortInHostMatching: inputs.ignorePortInHost,
  }
}

interface HostWithDomains {
  readonly host: VirtualHostInputs
  /** Those that no earlier host has. */
  readonly domains: readonly string[]
}

const encodedHosts = new WeakMap<VirtualHostInputs, { readonly fragment: HostFragment; readonly bytes: Uint8Array }>()

/** A host as it stands in the table. Tables of many namespaces have it alike. */
function encodedHost({ host, domains, fragment }: HostWithDomains & { readonly fragment: HostFragment }): Uint8Array {
  const known = encodedHosts.get(host)
  if (known?.fragment === fragment && domains === host.domains) return known.bytes
  const bytes = encodeWith(writer => {
    VirtualHost.encode({ ...EMPTY_HOST, name: host.name, domains: [...domains] }, writer)
    writer.raw(fragment.bytes).raw(host.requireTls ? END_OF_TLS_HOST : END_OF_HOST)
  })
  if (domains === host.domains) encodedHosts.set(host, { fragment, bytes })
  return bytes
}

const END_OF_HOST = encodeMessage(VirtualHost, { ...EMPTY_HOST, includeRequestAttemptCount: true })
const END_OF_TLS_HOST = encodeMessage(VirtualHost, {
  ...EMPTY_HOST,
  requireTls: VirtualHost_TlsRequirementType.ALL,
  includeRequestAttemptCount: true,
})

/** Envoy refuses a table in which two virtual hosts have one domain (ignoring case), so the first one keeps it. */
function withoutRepeatedDomains(hosts: readonly VirtualHostInputs[]): HostWithDomains[] {
  const seen = new Set<string>()
  const isFirst = (domain: string): boolean => {
    const known = seen.size
    return seen.add(domain.toLowerCase()).size > known
  }
  return hosts.map(host => ({ host, domains: allIf(host.domains, isFirst) })).filter(({ domains }) => domains.length > 0)
}

/** The list itself if all pass, which is the usual case. */
function allIf(domains: readonly string[], passes: (domain: string) => boolean): readonly string[] {
  const chosen = domains.filter(passes)
  return chosen.length === domains.length ? domains : chosen
}

function fallbackHosts(inputs: RouteTableInputs, hosts: readonly HostWithDomains[]): VirtualHost[] {
  if (hosts.some(host => host.domains.includes('*'))) return []
  switch (inputs.fallback) {
    case 'allow-any':
      return [allowAnyHost(inputs.elsewhere)]
    case 'block-all':
      return [blockAllHost()]
    case 'not-found':
      return hosts.length === 0 ? [notFoundHost(inputs.name.replace(/^\D*/, ''))] : []
  }
}
