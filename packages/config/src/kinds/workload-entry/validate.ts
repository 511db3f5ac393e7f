import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import type { WorkloadEndpoint } from '../service-entry/type.ts'
import { checkFqdn, isDnsLabel } from '../rules/hostname.ts'
import { checkLabels } from '../rules/naming.ts'
import { checkPort, isUnixAddress } from '../rules/network.ts'

export function validateWorkloadEntry(spec: WorkloadEndpoint): readonly Violation[] {
  return [...validateAddress(spec), ...validateWorkload('spec', spec)]
}

/** What holds for a template, which has no address yet, as well. */
export function validateWorkload(path: string, { address, ports, labels }: WorkloadEndpoint): readonly Violation[] {
  const onSocket = address?.startsWith('unix:') === true
  const perPort = Object.entries(ports).flatMap(([name, number]) => {
    const place = joinPath(`${path}.ports`, name)
    if (onSocket) return [violation(place, 'unix-ports', 'unix sockets have no ports')]
    return isDnsLabel(name) ? checkPort(place, number) : [violation(place, 'bad-port-name', `'${name}' is not the name of a port`)]
  })
  return [...perPort, ...checkLabels(`${path}.labels`, labels)]
}

function validateAddress({ address, network }: WorkloadEndpoint): readonly Violation[] {
  if (address === undefined || address === '') {
    return (network ?? '') === '' ? [violation('spec.address', 'missing-field', 'is required without a network')] : []
  }
  if (address.startsWith('unix:')) {
    return isUnixAddress(address) ? [] : [violation('spec.address', 'bad-address', `'${address}' is not of the form unix:///path`)]
  }
  return isIP(address) === 0 ? checkFqdn('spec.address', address) : []
}
