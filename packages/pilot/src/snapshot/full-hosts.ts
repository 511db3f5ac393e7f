import type { ObjectOf } from '@meshwork/config/kinds'
import { fullHost } from '../translate/routes/destination.ts'

/**
 * Objects with their hosts completed from their own namespace, in lower case: written once here, compared everywhere.
 * `clusterDomain` as in `cluster.local`.
 */
export function withFullHosts(object: ObjectOf<'VirtualService'>, clusterDomain: string): ObjectOf<'VirtualService'> {
  const { meta, spec } = object
  return { ...object, spec: { ...spec, hosts: spec.hosts.map(host => completed(host, meta.namespace, clusterDomain)) } }
}

export function withFullHost(object: ObjectOf<'DestinationRule'>, clusterDomain: string): ObjectOf<'DestinationRule'> {
  const { meta, spec } = object
  return { ...object, spec: { ...spec, host: completed(spec.host, meta.namespace, clusterDomain) } }
}

function completed(host: string, namespace: string, clusterDomain: string): string {
  return fullHost(host, namespace, clusterDomain).toLowerCase()
}
