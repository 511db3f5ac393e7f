// A control plane in a process of its own that delivers a configuration over ADS.
// Argument: a JSON file with `listeners` and `clusters` as Envoy writes them. Prints the address of the ADS server.
import { readFileSync } from 'node:fs'
import { encodeJson, type JsonValue } from '@meshwork/protos/json'
import { TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, LISTENER_TYPE, seal } from '@meshwork/xds/types'

const [file = ''] = process.argv.slice(2)
const { listeners, clusters }: Readonly<Record<'listeners' | 'clusters', readonly Named[]>> = JSON.parse(readFileSync(file, 'utf8'))

type Named = { readonly name: string; readonly [field: string]: JsonValue }

function sealed(typeUrl: string, message: string, resource: Named) {
  const encoded = encodeJson(message, resource)
  if (encoded.kind === 'err')
    throw new Error(`${resource.name}: ${encoded.error.map(({ path, message: text }) => `${path}: ${text}`).join('; ')}`)
  return seal(typeUrl, resource.name, () => encoded.value)
}

const plane = new TestControlPlane()
await plane.start()
plane.set(
  new Map([
    [CLUSTER_TYPE, clusters.map(cluster => sealed(CLUSTER_TYPE, 'envoy.config.cluster.v3.Cluster', cluster))],
    [LISTENER_TYPE, listeners.map(listener => sealed(LISTENER_TYPE, 'envoy.config.listener.v3.Listener', listener))],
  ]),
)
process.stdout.write(`${plane.address}\n`)
