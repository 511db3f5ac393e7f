import { Address } from '@meshwork/protos/envoy/config/core/v3/address'

/** An Envoy address: `path` for unix sockets, a socket address for the rest. */
export function socketAddress(address: string, port: number): Address {
  return Address.fromPartial({
    address: { $case: 'socketAddress', value: { address, portSpecifier: { $case: 'portValue', value: port } } },
  })
}

/** `unix:///a/b` and `/a/b` both mean the socket file `/a/b`. */
export function pipeAddress(path: string): Address {
  return Address.fromPartial({ address: { $case: 'pipe', value: { path: path.replace(/^unix:\/\//, '') } } })
}

/** The address of an endpoint as ServiceEntry and Kubernetes write it: IP, host name or `unix://` path. */
export function endpointAddress(address: string, port: number): Address {
  return address.startsWith('unix:') ? pipeAddress(address) : socketAddress(address, port)
}
