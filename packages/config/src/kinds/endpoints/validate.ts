import { violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import { checkPort } from '../rules/network.ts'
import type { EndpointsSpec } from './type.ts'

export function validateEndpoints(spec: EndpointsSpec): readonly Violation[] {
  return spec.subsets.flatMap((subset, i) => {
    const path = `subsets[${i}]`
    const lists = (['addresses', 'notReadyAddresses'] as const).flatMap(name =>
      subset[name].flatMap((address, j) => checkIp(`${path}.${name}[${j}].ip`, address.ip)),
    )
    return [...lists, ...subset.ports.flatMap((port, j) => checkPort(`${path}.ports[${j}].port`, port.port))]
  })
}

function checkIp(path: string, ip: string): readonly Violation[] {
  return isIP(ip) === 0 ? [violation(path, 'bad-address', `'${ip}' is not an IP address`)] : []
}
