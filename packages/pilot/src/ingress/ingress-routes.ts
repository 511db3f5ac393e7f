import type { IngressBackend, IngressPath, ObjectOf } from '@meshwork/config/kinds'

type Ingress = ObjectOf<'Ingress'>

/** A rule of a VirtualService as a document, with what its order depends on. */
export interface IngressRoute {
  /** Lower ones come first: exact paths, then longer prefixes, then what takes everything. */
  readonly rank: number
  readonly rule: Readonly<Record<string, unknown>>
}

/** The number of a service's port by its name; undefined if there is none. */
export type PortNumbers = (namespace: string, service: string, portName: string) => number | undefined

const LONGEST_PATH = 100_000
const DEFAULT_BACKEND_RANK = LONGEST_PATH * 2

/** A path of an Ingress as a rule; undefined: its backend's port has no number, or it has no backend. */
export function pathRoute(path: IngressPath, ingress: Ingress, clusterDomain: string, ports: PortNumbers): IngressRoute | undefined {
  const destination = path.backend === undefined ? undefined : destinationOf(path.backend, ingress, clusterDomain, ports)
  if (destination === undefined) return undefined
  const uri = uriMatch(path)
  return { rank: rankOf(uri), rule: { ...(uri === undefined ? {} : { match: [{ uri }] }), route: [{ destination }] } }
}

/** The default backend takes what no path takes. */
export function defaultRoute(ingress: Ingress, clusterDomain: string, ports: PortNumbers): IngressRoute | undefined {
  const backend = ingress.spec.defaultBackend
  const destination = backend === undefined ? undefined : destinationOf(backend, ingress, clusterDomain, ports)
  return destination === undefined ? undefined : { rank: DEFAULT_BACKEND_RANK, rule: { route: [{ destination }] } }
}

function destinationOf(backend: IngressBackend, { meta }: Ingress, clusterDomain: string, ports: PortNumbers): object | undefined {
  const number = typeof backend.port === 'number' ? backend.port : ports(meta.namespace, backend.service, backend.port)
  return number === undefined ? undefined : { host: `${backend.service}.${meta.namespace}.svc.${clusterDomain}`, port: { number } }
}

type UriMatch = { readonly exact: string } | { readonly prefix: string } | { readonly regex: string }

/** Kubernetes' path types; without one a path that ends in `.*` or `/*` is a prefix (traffic.md 4.6). */
function uriMatch({ path, pathType }: IngressPath): UriMatch | undefined {
  switch (pathType) {
    case 'Exact':
      return { exact: path }
    case 'Prefix': {
      const trimmed = path.replace(/\/$/, '')
      // Prefixes of whole elements: `/a` takes `/a/b` and not `/ab`.
      return trimmed === '' ? { prefix: '/' } : { regex: `${quoted(trimmed)}(/.*)?` }
    }
    case 'ImplementationSpecific':
      if (path === '') return undefined
      return /(?:\.|\/)\*$/.test(path) ? { prefix: path.slice(0, -2) || '/' } : { exact: path }
  }
}

function quoted(path: string): string {
  return path.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

function rankOf(uri: UriMatch | undefined): number {
  if (uri === undefined) return LONGEST_PATH + 1
  if ('exact' in uri) return 0
  return LONGEST_PATH - ('prefix' in uri ? uri.prefix : uri.regex).length
}
