import { request } from 'undici'
import type { MeshState, ProcessStatus } from '../local/state/mesh-state.ts'
import { parseSamples } from '../output/prometheus-text.ts'

/** Requests that each sidecar took for its application since it started, from the proxy's own statistics. */
export async function inboundCounts(state: MeshState): Promise<ReadonlyMap<string, number>> {
  const sidecars = state.processes.filter(each => each.role === 'sidecar')
  const counts = await Promise.all(sidecars.map(async each => [each.name.slice('sidecar/'.length), await inboundCount(each)] as const))
  return new Map(counts)
}

async function inboundCount(sidecar: ProcessStatus): Promise<number> {
  const { body } = await request(`http://127.0.0.1:${sidecar.ports['admin']}/stats/prometheus`)
  const prefix = `inbound_127.0.0.1_${sidecar.ports['inbound']}`
  return parseSamples(await body.text())
    .filter(
      ({ name, labels }) =>
        name === 'envoy_http_downstream_rq_total' && (labels['envoy_http_conn_manager_prefix'] ?? '').startsWith(prefix.slice(0, 7)),
    )
    .reduce((sum, { value }) => sum + value, 0)
}
