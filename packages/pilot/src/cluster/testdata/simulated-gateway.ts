import { silentLogger } from '@meshwork/core/log'
import { err, ok, violation } from '@meshwork/core/result'
import { systemClock } from '@meshwork/core/time'
import { type ResourceType, XdsClient } from '@meshwork/xds/client'
import { connectAds } from '@meshwork/xds/grpc'
import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'

export interface SimulatedGateway {
  /** Resources that contain this are refused. */
  readonly refuses: string
  readonly xdsPort: number
  /** Of its listener, which it does not open: another gateway of the test may have it. */
  readonly port: number
}

/** The gateway `other`, which takes what it is given without doing it. Gives what ends it. */
export function simulatedGateway({ refuses, xdsPort, port }: SimulatedGateway): () => void {
  const connection = connectAds(`127.0.0.1:${xdsPort}`)
  const { open } = connection
  const metadata = { NAMESPACE: 'istio-system', LABELS: { istio: 'ingressgateway' } }
  const id = 'router~127.0.0.2~other.istio-system~istio-system.svc.cluster.local'
  const node = { id, cluster: 'gateway', userAgentName: 'test', metadata, locality: { region: '', zone: '', subZone: '' } }
  const client = new XdsClient({ node, variant: 'sotw', open, clock: systemClock, log: silentLogger })
  const taking = (typeUrl: string, absenceDeletes: boolean): ResourceType<string> => ({
    typeUrl,
    absenceDeletes,
    decode: bytes => (Buffer.from(bytes).includes(refuses) ? err([violation('', 'unknown', 'not here')]) : ok('taken')),
  })
  for (const typeUrl of [CLUSTER_TYPE, LISTENER_TYPE]) {
    client.subscribe({ type: taking(typeUrl, true), apply: () => undefined }, { kind: 'everything' })
  }
  client.subscribe({ type: taking(ROUTE_TYPE, false), apply: () => undefined }, { kind: 'names', names: new Set([`http.${port}`]) })
  client.start()
  return () => {
    client.close()
    connection.close()
  }
}
