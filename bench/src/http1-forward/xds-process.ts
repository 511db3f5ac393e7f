// A control plane in a process of its own that delivers the configuration of the bench over ADS.
// Arguments: port of the proxy's listener, port of the backend. Prints the port of the ADS server.
import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { HttpConnectionManager } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, LISTENER_TYPE, seal } from '@meshwork/xds/types'

const [port = 0, backend = 0] = process.argv.slice(2).map(Number)
const MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'

function address(portValue: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: portValue } }
}

const cluster = Cluster.fromJSON({
  name: 'backend',
  connect_timeout: { seconds: '5' },
  load_assignment: { cluster_name: 'backend', endpoints: [{ lb_endpoints: [{ endpoint: { address: address(backend) } }] }] },
})
const manager = HttpConnectionManager.fromJSON({
  stat_prefix: 'main',
  route_config: {
    name: 'main',
    virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'backend' } }] }],
  },
  http_filters: [{ name: 'envoy.filters.http.router', typed_config: { type_url: ROUTER } }],
})
const value = Buffer.from(HttpConnectionManager.encode(manager).finish()).toString('base64')
const listener = Listener.fromJSON({
  name: 'main',
  address: address(port),
  filter_chains: [{ filters: [{ name: 'http', typed_config: { type_url: MANAGER, value } }] }],
})

const plane = new TestControlPlane()
await plane.start()
plane.set(
  new Map([
    [CLUSTER_TYPE, [seal(CLUSTER_TYPE, 'backend', () => Cluster.encode(cluster).finish())]],
    [LISTENER_TYPE, [seal(LISTENER_TYPE, 'main', () => Listener.encode(listener).finish())]],
  ]),
)
process.stdout.write(`${plane.address}\n`)
