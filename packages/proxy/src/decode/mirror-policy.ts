import type { RouteAction_RequestMirrorPolicy } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { MirrorPolicy } from '../model/route.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { headerName } from './header-mutations.ts'
import type { Report } from './report.ts'
import { partsPerMillion } from './scalars.ts'

const FIELDS: FieldPolicy<RouteAction_RequestMirrorPolicy> = {
  read: ['cluster', 'clusterHeader', 'runtimeFraction', 'disableShadowHostSuffixAppend'],
  // Copies are not traced.
  harmless: ['traceSampled'],
}

const ALL_PPM = 1_000_000

export function decodeMirrors(policies: readonly RouteAction_RequestMirrorPolicy[], report: Report): readonly MirrorPolicy[] {
  return policies.map((policy, i) => decodeMirror(policy, report.at('request_mirror_policies', i)))
}

function decodeMirror(policy: RouteAction_RequestMirrorPolicy, report: Report): MirrorPolicy {
  refuseOtherFields(policy, FIELDS, report)
  const { cluster, clusterHeader } = policy
  if ((cluster === '') === (clusterHeader === '')) report.refuse('required', "must have one of 'cluster' and 'cluster_header'")
  const fraction = policy.runtimeFraction?.defaultValue
  return {
    cluster,
    fromHeader: clusterHeader === '' ? null : headerName(clusterHeader, report.at('cluster_header')),
    fractionPpm: fraction === undefined ? ALL_PPM : partsPerMillion(fraction),
    shadowHost: !policy.disableShadowHostSuffixAppend,
  }
}
