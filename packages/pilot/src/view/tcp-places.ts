import { type ModelPort, type Service, type ServiceEndpoint, type ServiceRegistry, serviceKey } from '@meshwork/config/registry'
import { isIP } from 'node:net'

const ANY_ADDRESS = '0.0.0.0'

/** Where a listener takes connections to one port of a service: at an address, those to `subnets` only unless that is empty. */
export interface TcpPlace {
  readonly address: string
  readonly subnets: readonly string[]
}

/**
 * The places of a port whose bytes cannot say which service they are for. Blocks of addresses share the listener for all
 * addresses; a headless service of Kubernetes is taken at the address of each of its pods, and nowhere while it has none.
 */
export function tcpPlaces(
  service: Service,
  port: ModelPort,
  dnsCapture: boolean,
  endpoints: ServiceRegistry['endpoints'],
): readonly TcpPlace[] {
  const addresses = addressesFor(service, dnsCapture)
  const blocks = addresses.filter(address => address.includes('/'))
  const single = addresses.filter(address => !address.includes('/') && address !== ANY_ADDRESS)
  if (single.length > 0 || blocks.length > 0) {
    const atBlocks = blocks.length === 0 ? [] : [{ address: ANY_ADDRESS, subnets: blocks }]
    return [...single.map(address => ({ address, subnets: [] })), ...atBlocks]
  }
  const isHeadless = service.headless || (service.resolution === 'none' && Object.keys(service.selector).length > 0)
  if (!isHeadless) return [{ address: ANY_ADDRESS, subnets: [] }]
  return podAddresses(endpoints.get(serviceKey(service)) ?? [], port).map(address => ({ address, subnets: [] }))
}

/** The addresses that clients dial: the service's own, else the one that the DNS proxy beside them answers with. */
export function addressesFor({ addresses, autoAddress }: Service, dnsCapture: boolean): readonly string[] {
  return addresses.length === 0 && dnsCapture && autoAddress !== undefined ? [autoAddress] : addresses
}

function podAddresses(endpoints: readonly ServiceEndpoint[], { name }: ModelPort): readonly string[] {
  const own = endpoints.filter(({ portName, address, ready }) => portName === name && ready && isIP(address) !== 0)
  return [...new Set(own.map(({ address }) => address))].toSorted()
}
