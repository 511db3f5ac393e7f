import type { Cluster_PreconnectPolicy } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { PreconnectRatios } from '../model/cluster.ts'
import type { Report } from './report.ts'

/** `Cluster.PreconnectPolicy`: each ratio from 1 to 3, 1 unless set. */
export function decodePreconnect(policy: Cluster_PreconnectPolicy | undefined, report: Report): PreconnectRatios {
  return {
    perHost: ratioOf(policy?.perUpstreamPreconnectRatio, report.at('per_upstream_preconnect_ratio')),
    predictive: ratioOf(policy?.predictivePreconnectRatio, report.at('predictive_preconnect_ratio')),
  }
}

function ratioOf(value: number = 1, report: Report): number {
  if (value >= 1 && value <= 3) return value
  report.refuse('out-of-range', `${value} is not between 1 and 3`)
  return 1
}
