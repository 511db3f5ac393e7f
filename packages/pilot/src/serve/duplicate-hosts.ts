import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { gatewayKey } from '../translate/routes/static-match.ts'

/** How many claims of a host come to nothing, or are merged, because an older VirtualService at the same gateway (or in the mesh) has it. */
export function countDuplicateHosts({ virtualServices }: Pick<MeshSnapshot, 'virtualServices'>): number {
  const claimed = new Set<string>()
  let duplicates = 0
  for (const { meta, spec } of virtualServices) {
    for (const gateway of new Set(spec.gateways.map(written => gatewayKey(written, meta.namespace)))) {
      for (const host of spec.hosts) {
        const claim = `${gateway} ${host}`
        if (claimed.has(claim)) duplicates++
        claimed.add(claim)
      }
    }
  }
  return duplicates
}
