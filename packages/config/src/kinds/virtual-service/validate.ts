import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import { checkWildcardDomain, hostsOverlap } from '../rules/hostname.ts'
import { checkExportTo, checkGatewayName } from '../rules/naming.ts'
import { MESH_GATEWAY } from './defaults.ts'
import type { VirtualServiceSpec } from './type.ts'
import { validateHttpRoute } from './validate-http.ts'
import { validateTcpRoute, validateTlsRoute } from './validate-l4.ts'

/** A VirtualService without hosts is a part for `delegate`: other rules hold for it. */
export function validateVirtualService(spec: VirtualServiceSpec): readonly Violation[] {
  const isPart = spec.hosts.length === 0
  return [
    ...validateHosts(spec),
    ...spec.gateways.flatMap((name, i) => checkGatewayName(joinPath('spec.gateways', i), name)),
    ...checkExportTo('spec.exportTo', spec.exportTo, 'nobody-forbidden'),
    ...validateBlocks(spec, isPart),
    ...spec.http.flatMap((route, i) => validateHttpRoute(joinPath('spec.http', i), route, isPart ? 'part' : 'root')),
    ...spec.tls.flatMap((route, i) => validateTlsRoute(joinPath('spec.tls', i), route, spec.hosts)),
    ...spec.tcp.flatMap((route, i) => validateTcpRoute(joinPath('spec.tcp', i), route)),
  ]
}

function validateHosts(spec: VirtualServiceSpec): readonly Violation[] {
  const forMesh = spec.gateways.includes(MESH_GATEWAY)
  return spec.hosts.flatMap((host, i) => {
    const path = joinPath('spec.hosts', i)
    // An address may stand for a host, of either family.
    const violations = isIP(host) === 0 ? [...checkWildcardDomain(path, host)] : []
    if (host === '*' && forMesh) {
      violations.push(
        violation(path, 'star-host', "the host '*' is not allowed for sidecars", "name a gateway in 'gateways', without 'mesh'"),
      )
    }
    const twin = spec.hosts.findIndex(other => hostsOverlap(other, host))
    if (twin < i) violations.push(violation(path, 'duplicate-host', `'${host}' overlaps with '${spec.hosts[twin]}'`))
    return violations
  })
}

function validateBlocks(spec: VirtualServiceSpec, isPart: boolean): readonly Violation[] {
  if (spec.http.length + spec.tls.length + spec.tcp.length === 0)
    return [violation('spec', 'no-routes', 'one of http, tls and tcp must have routes')]
  if (!isPart) return []
  const l4 = [
    ['tls', spec.tls],
    ['tcp', spec.tcp],
  ] as const
  return l4
    .filter(([, routes]) => routes.length > 0)
    .map(([name]) => violation(`spec.${name}`, 'part-with-l4', 'a delegate (no hosts) may only have http routes'))
}
