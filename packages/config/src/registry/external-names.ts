import { type Service, serviceKey, type ServiceEndpoint } from './model.ts'

/** Names that lead to names are followed so far: whoever writes more has written a circle. */
const LONGEST_CHAIN = 8

/**
 * ExternalName services whose target is a service of the mesh become other names of it: with its ports, and its endpoints found as it
 * finds them. All others keep the target as their endpoint, for the proxy to resolve.
 */
export function withExternalNames(services: readonly Service[]): readonly Service[] {
  if (services.every(({ externalName }) => externalName === undefined)) return services
  const byHost = new Map<string, Service>()
  for (const service of services) if (!byHost.has(service.hostname.toLowerCase())) byHost.set(service.hostname.toLowerCase(), service)
  return services.map(service => {
    const target = targetOf(service, byHost)
    return target === undefined ? service : aliasFor(service, target)
  })
}

function targetOf(service: Service, byHost: ReadonlyMap<string, Service>): Service | undefined {
  let at: Service | undefined = service
  for (let i = 0; i < LONGEST_CHAIN && at?.externalName !== undefined; i++) {
    at = byHost.get(at.externalName.toLowerCase().replace(/\.$/, ''))
  }
  return at?.externalName === undefined ? at : undefined
}

function aliasFor(service: Service, target: Service): Service {
  const { ports, resolution, headless, external } = target
  return { ...service, ports, resolution, headless, external, aliasOf: { hostname: target.hostname, namespace: target.namespace } }
}

/** The endpoints of the target under the alias's own name. */
export function endpointsOf(service: Service, byKey: ReadonlyMap<string, readonly ServiceEndpoint[]>): readonly ServiceEndpoint[] {
  const { aliasOf, hostname, namespace } = service
  if (aliasOf === undefined) return byKey.get(serviceKey(service)) ?? []
  return (byKey.get(serviceKey(aliasOf)) ?? []).map(endpoint => ({ ...endpoint, hostname, serviceNamespace: namespace }))
}
