import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import { checkFqdn } from '../rules/hostname.ts'
import { checkLabels } from '../rules/naming.ts'
import { checkPort, isUnixAddress } from '../rules/network.ts'
import type { ServiceEntrySpec, WorkloadEndpoint } from './type.ts'

export function validateEndpoint(path: string, endpoint: WorkloadEndpoint, spec: ServiceEntrySpec): readonly Violation[] {
  return [
    ...validateAddress(path, endpoint, spec),
    ...validatePorts(path, endpoint, spec),
    ...checkLabels(`${path}.labels`, endpoint.labels),
  ]
}

function validateAddress(
  path: string,
  { address, network }: WorkloadEndpoint,
  { resolution, ports }: ServiceEntrySpec,
): readonly Violation[] {
  const place = `${path}.address`
  if (address === undefined || address === '') {
    return (network ?? '') === '' ? [violation(place, 'missing-field', 'is required without a network')] : []
  }
  if (address.startsWith('unix:')) return validateUnix(place, address, ports.length, resolution)
  if (isIP(address) !== 0) return []
  if (resolution === 'STATIC')
    return [violation(place, 'bad-address', `'${address}' is not an IP address, which resolution STATIC needs`, 'use resolution DNS')]
  return checkFqdn(place, address)
}

function validateUnix(path: string, address: string, ports: number, resolution: string): readonly Violation[] {
  if (resolution !== 'STATIC') return [violation(path, 'bad-address', 'unix sockets need resolution STATIC')]
  if (!isUnixAddress(address)) return [violation(path, 'bad-address', `'${address}' is not of the form unix:///path`)]
  return ports === 1 ? [] : [violation(path, 'unix-ports', 'a unix socket serves exactly one port')]
}

function validatePorts(path: string, { address, ports }: WorkloadEndpoint, spec: ServiceEntrySpec): readonly Violation[] {
  const names = new Set(spec.ports.map(port => port.name))
  const unix = address?.startsWith('unix:') === true
  return Object.entries(ports).flatMap(([name, number]) => {
    const place = joinPath(`${path}.ports`, name)
    if (unix) return [violation(place, 'unix-ports', 'unix sockets have no ports')]
    if (!names.has(name)) return [violation(place, 'unknown-port', `there is no port '${name}' in spec.ports`)]
    return checkPort(place, number)
  })
}
