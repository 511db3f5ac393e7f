import { violation, type Violation } from '@meshwork/core/result'
import { checkWildcardDomain, covers } from '../rules/hostname.ts'
import { checkGatewayName, checkSelector } from '../rules/naming.ts'
import { checkPort, checkSubnet } from '../rules/network.ts'
import type { L4Match, L4RouteDestination, TcpRoute, TlsRoute } from './type.ts'
import { validateWeights } from './validate-destination.ts'
import { checkNamespace } from './validate-match.ts'

export function validateTlsRoute(path: string, route: TlsRoute, hosts: readonly string[]): readonly Violation[] {
  const unmatched = route.match.length === 0 ? [violation(`${path}.match`, 'empty', 'a TLS route must match something')] : []
  const matches = route.match.flatMap((match, i) => [
    ...validateSni(`${path}.match[${i}].sniHosts`, match.sniHosts, hosts),
    ...validateL4Match(`${path}.match[${i}]`, match),
  ])
  return [...unmatched, ...matches, ...validateDestinations(`${path}.route`, route.route)]
}

export function validateTcpRoute(path: string, route: TcpRoute): readonly Violation[] {
  return [
    ...route.match.flatMap((match, i) => validateL4Match(`${path}.match[${i}]`, match)),
    ...validateDestinations(`${path}.route`, route.route),
  ]
}

function validateDestinations(path: string, entries: readonly L4RouteDestination[]): readonly Violation[] {
  return entries.length === 0 ? [violation(path, 'empty', 'must have at least one destination')] : validateWeights(path, entries)
}

/** A name that no host of the object covers could never be routed to it. */
function validateSni(path: string, names: readonly string[], hosts: readonly string[]): readonly Violation[] {
  if (names.length === 0) return [violation(path, 'empty', 'must have at least one name')]
  return names.flatMap((name, i) => {
    const place = `${path}[${i}]`
    const malformed = checkWildcardDomain(place, name)
    if (malformed.length > 0 || hosts.some(host => covers(host, name))) return malformed
    return [violation(place, 'sni-not-in-hosts', `'${name}' is not covered by the hosts ${hosts.join(', ')}`)]
  })
}

function validateL4Match(path: string, match: L4Match): readonly Violation[] {
  return [
    ...match.destinationSubnets.flatMap((subnet, i) => checkSubnet(`${path}.destinationSubnets[${i}]`, subnet)),
    ...(match.sourceSubnet === undefined || match.sourceSubnet === '' ? [] : checkSubnet(`${path}.sourceSubnet`, match.sourceSubnet)),
    ...(match.port === undefined || match.port === 0 ? [] : checkPort(`${path}.port`, match.port)),
    ...checkSelector(`${path}.sourceLabels`, match.sourceLabels),
    ...checkNamespace(`${path}.sourceNamespace`, match.sourceNamespace),
    ...match.gateways.flatMap((name, i) => checkGatewayName(`${path}.gateways[${i}]`, name)),
  ]
}
