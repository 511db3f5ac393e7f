import type { ExtensionProvider } from '@meshwork/config/kinds'
import type { Service } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { outboundClusterName } from '../translate/clusters/cluster-name.ts'
import { fullHost } from '../translate/routes/destination.ts'
import type { Authorizer } from '../translate/security/inputs.ts'

/** The services that MeshConfig names for decisions, by provider. One that the mesh does not have is left out: it decides nothing. */
export function authorizersOf(snapshot: MeshSnapshot): Readonly<Record<string, Authorizer>> {
  return Object.fromEntries(
    snapshot.mesh.extensionProviders.flatMap(provider => {
      const authorizer = authorizerOf(provider, snapshot)
      return authorizer === undefined ? [] : [[provider.name, authorizer]]
    }),
  )
}

/** Services whose clusters every view needs, whatever its own visibility. */
export function authorizerServices(snapshot: MeshSnapshot): readonly Service[] {
  return snapshot.mesh.extensionProviders.flatMap(provider => {
    const settings = provider.envoyExtAuthzHttp ?? provider.envoyExtAuthzGrpc
    const service = settings === undefined ? undefined : providerService(settings.service, settings.port, snapshot)
    return service === undefined ? [] : [service]
  })
}

function authorizerOf(
  { envoyExtAuthzHttp: http, envoyExtAuthzGrpc: grpc }: ExtensionProvider,
  snapshot: MeshSnapshot,
): Authorizer | undefined {
  const settings = http ?? grpc
  if (settings === undefined) return undefined
  const service = providerService(settings.service, settings.port, snapshot)
  if (service === undefined) return undefined
  const place = { cluster: outboundClusterName(settings.port, '', service.hostname), hostname: service.hostname, port: settings.port }
  return http === undefined ? { kind: 'grpc', ...place, provider: settings } : { kind: 'http', ...place, provider: http }
}

/** `host` or `namespace/host`, with a port that it has. */
function providerService(written: string, port: number, { registry, clusterDomain, mesh }: MeshSnapshot): Service | undefined {
  const slash = written.indexOf('/')
  const namespace = slash < 0 ? undefined : written.slice(0, slash)
  const host = fullHost(written.slice(slash + 1), namespace ?? mesh.rootNamespace, clusterDomain)
  // `authz.foo`, as documents write it, is resolved by the search domains of a pod.
  const names = [host, `${host}.svc.${clusterDomain}`]
  return registry.services.find(
    service =>
      names.includes(service.hostname) &&
      (namespace === undefined || service.namespace === namespace) &&
      service.ports.some(({ number }) => number === port),
  )
}
