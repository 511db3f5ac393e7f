import type { Destination, HttpRetry } from '@meshwork/config/kinds'
import { outboundClusterName } from '../clusters/cluster-name.ts'
import type { MixerSettings } from '../filters/inputs.ts'
import type { DestinationFacts } from './inputs.ts'

/** The full name of a host as written in an object of `namespace`: names with a dot, and `*`, are complete (traffic.md 1.0). */
export function fullHost(host: string, namespace: string, clusterDomain: string): string {
  return host.includes('.') || host === '*' ? host : `${host}.${namespace}.svc.${clusterDomain}`
}

export interface ResolvedDestination {
  readonly host: string
  readonly port: number
  readonly subset: string
  readonly cluster: string
  /** undefined: a host that the view does not know. */
  readonly facts: DestinationFacts | undefined
}

/** What a destination is resolved with. */
export interface ResolveContext {
  readonly namespace: string
  readonly clusterDomain: string
  /** The port that the request came to. */
  readonly requestPort: number
  /** Gateways and HTTP proxies know all services, so a service's only port need not be said; at a sidecar the request's port counts. */
  readonly onlyPortCounts: boolean
  readonly facts: ReadonlyMap<string, DestinationFacts>
}

/** What the routes of one object share. */
export interface DestinationContext extends ResolveContext {
  /** Requests arrive in TLS that the proxy ends. */
  readonly endsTls: boolean
  /** Holds where a rule says nothing of retries; undefined: Istio's default. */
  readonly defaultRetries: HttpRetry | undefined
  readonly mixer: MixerSettings | null
}

/** The cluster that a destination means. It need not exist: such requests are answered with 503. */
export function resolveDestination(destination: Destination, context: ResolveContext): ResolvedDestination {
  const host = fullHost(destination.host, context.namespace, context.clusterDomain)
  const facts = context.facts.get(host)
  const onlyPort = context.onlyPortCounts && facts?.ports.length === 1 ? facts.ports[0] : undefined
  const port = destination.port ?? onlyPort ?? context.requestPort
  const subset = destination.subset ?? ''
  return { host, port, subset, facts, cluster: outboundClusterName(port, subset, host) }
}
