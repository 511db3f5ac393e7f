import type { ConsistentHash } from '@meshwork/config/kinds'
import { RouteAction_HashPolicy } from '@meshwork/protos/envoy/config/route/v3/route_components'
import { duration } from '../envoy/duration.ts'

/** What of a request decides its endpoint; the cluster's ring or table does the rest. */
export function buildHashPolicy(hash: ConsistentHash): RouteAction_HashPolicy[] {
  const specifier = policySpecifier(hash)
  return specifier === undefined ? [] : [RouteAction_HashPolicy.fromPartial({ policySpecifier: specifier })]
}

type Specifier = RouteAction_HashPolicy['policySpecifier']

function policySpecifier(hash: ConsistentHash): Specifier {
  if (hash.httpHeaderName !== undefined) {
    return { $case: 'header', value: { headerName: hash.httpHeaderName, regexRewrite: undefined } }
  }
  if (hash.httpCookie !== undefined) {
    const { name, path, ttlMs, attributes } = hash.httpCookie
    return {
      $case: 'cookie',
      value: { name, path: path ?? '', ttl: ttlMs === undefined ? undefined : duration(ttlMs), attributes: [...attributes] },
    }
  }
  if (hash.httpQueryParameterName !== undefined) return { $case: 'queryParameter', value: { name: hash.httpQueryParameterName } }
  if (hash.useSourceIp === true) return { $case: 'connectionProperties', value: { sourceIp: true } }
  return undefined
}
