import { type ConfigObject, isKind } from '@meshwork/config/kinds'
import { fullHost } from '../translate/routes/destination.ts'

/** The object with its hosts completed from its own namespace, in lower case: written once here, compared everywhere. */
export function withFullHosts(object: ConfigObject, clusterDomain: string): ConfigObject {
  const complete = (host: string): string => fullHost(host, object.meta.namespace, clusterDomain).toLowerCase()
  if (isKind(object, 'VirtualService')) return { ...object, spec: { ...object.spec, hosts: object.spec.hosts.map(complete) } }
  if (isKind(object, 'DestinationRule')) return { ...object, spec: { ...object.spec, host: complete(object.spec.host) } }
  return object
}
