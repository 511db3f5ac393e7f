import { runCommand } from '@meshwork/testkit/net'

import { inNetworkOf } from '../cluster/namespaces.ts'
import type { MeshOnCluster } from './mesh-on-cluster.ts'

/** What curl saw. */
export interface Curled {
  readonly status: number
  readonly body: string
}

/** The address a load balancer of a cloud would have given: of a range that nobody has (RFC 5737). */
export const EDGE_ADDRESS = '203.0.113.10'

/** Does what the controller of a cloud does for a Service of type LoadBalancer: writes an address into its status. kube-proxy serves it. */
export async function giveAddress(mesh: MeshOnCluster, service: string): Promise<void> {
  const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: EDGE_ADDRESS }] } } })
  const patch = ['patch', 'service', '-n', 'istio-system', service]
  await mesh.kubectl(...patch, '-p', '{"spec":{"type":"LoadBalancer"}}')
  await mesh.kubectl(...patch, '--subresource=status', '-p', status)
}

/** The real curl on the node, outside of the mesh. */
export async function curlFromOutside(mesh: MeshOnCluster, ...args: readonly string[]): Promise<Curled> {
  const told = await outside(mesh, ['curl', '-sS', '--max-time', '10', '-w', '\\n%{http_code}', ...args])
  const at = told.lastIndexOf('\n')
  return { status: Number(told.slice(at + 1)), body: told.slice(0, at) }
}

/** Serial number of the certificate that openssl is shown for this name, in its notation. */
export async function servedSerial(mesh: MeshOnCluster, host: string): Promise<string> {
  const shown = await outside(mesh, ['openssl', 's_client', '-connect', `${EDGE_ADDRESS}:443`, '-servername', host])
  return (await runCommand(['openssl', 'x509', '-noout', '-serial'], shown)).trim().replace(/^serial=/, '')
}

function outside(mesh: MeshOnCluster, command: readonly string[]): Promise<string> {
  return runCommand([...inNetworkOf(mesh.world.cluster.nodePid), ...command])
}
