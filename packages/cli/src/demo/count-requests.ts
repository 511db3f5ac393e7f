import type { MeshState, ProcessStatus } from '../local/state/mesh-state.ts'
import { getText } from '../mesh-api/get-json.ts'
import { parseSamples } from '../output/prometheus-text.ts'

/** Requests that each sidecar took for its application since it started, from the proxy's own statistics. */
export async function inboundCounts(state: MeshState): Promise<ReadonlyMap<string, number>> {
  const sidecars = state.processes.filter(each => each.role === 'sidecar')
  const counts = await Promise.all(sidecars.map(async each => [each.name.slice('sidecar/'.length), await inboundCount(each)] as const))
  return new Map(counts)
}

/** Names of listeners that take requests for the application begin so (Istio's stat prefix). */
const INBOUND = 'inbound'

async function inboundCount(sidecar: ProcessStatus): Promise<number> {
  const text = await getText(sidecar.name, `http://127.0.0.1:${sidecar.ports['admin']}/stats/prometheus`)
  return parseSamples(text)
    .filter(
      ({ name, labels }) => name === 'envoy_http_downstream_rq_total' && labels['envoy_http_conn_manager_prefix']?.startsWith(INBOUND),
    )
    .reduce((sum, { value }) => sum + value, 0)
}
