import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import { checkFqdn } from '../rules/hostname.ts'
import { checkPort } from '../rules/network.ts'
import type { EndpointSliceSpec } from './type.ts'

export function validateEndpointSlice(spec: EndpointSliceSpec): readonly Violation[] {
  const addresses = spec.endpoints.flatMap((endpoint, i) =>
    endpoint.addresses.flatMap((address, j) => checkAddress(`endpoints[${i}].addresses[${j}]`, address, spec.addressType)),
  )
  return [...addresses, ...spec.ports.flatMap((port, i) => checkPort(joinPath(joinPath('ports', i), 'port'), port.port))]
}

function checkAddress(path: string, address: string, type: EndpointSliceSpec['addressType']): readonly Violation[] {
  if (type === 'FQDN') return checkFqdn(path, address)
  return isIP(address) === (type === 'IPv4' ? 4 : 6) ? [] : [violation(path, 'bad-address', `'${address}' is not an ${type} address`)]
}
