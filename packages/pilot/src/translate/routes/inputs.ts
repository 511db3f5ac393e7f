import type { ConsistentHash, HttpRetry, HttpRoute, ObjectMeta, ObjectOf, Origin } from '@meshwork/config/kinds'
import type { MixerSettings } from '../filters/inputs.ts'
import type { Caller } from './static-match.ts'

/** Everything that the table of one port, of one view, is made from: the generator reads nothing else, so it is also the cache key. */
export interface RouteTableInputs {
  /** Name under which listeners ask for the table: `9080`, `http_proxy`, `http.8080`. */
  readonly name: string
  /** `hosts` of a listener for one port ignore the port in `Host`; an HTTP proxy serves all ports and needs it. */
  readonly ignorePortInHost: boolean
  /** Of two that want one domain the earlier has it. */
  readonly virtualHosts: readonly VirtualHostInputs[]
  /** What happens to hosts that no virtual host names. */
  readonly fallback: 'allow-any' | 'block-all' | 'not-found'
  /** Cluster of `allow-any`. */
  readonly elsewhere: string
  /** Domain of the cluster (`cluster.local`), to complete short host names with. */
  readonly clusterDomain: string
  readonly destinations: readonly DestinationFacts[]
  /** Requests arrive in TLS that the proxy ends. */
  readonly endsTls: boolean
  /** Holds where a rule says nothing of retries; undefined: Istio's default. */
  readonly defaultRetries: HttpRetry | undefined
  /** null: the view's proxies have no Mixer filter. */
  readonly mixer: MixerSettings | null
}

/** One host at one port, with its rules. */
export interface VirtualHostInputs {
  readonly name: string
  readonly domains: readonly string[]
  readonly caller: Caller
  readonly port: number
  /** Where requests go that have no rules: the service itself. undefined: a host known from a VirtualService only. */
  readonly service: string | undefined
  /** In order of age. A sidecar's host has the rules of one VirtualService, a gateway's those of all. */
  readonly rules: readonly HttpRules[]
  readonly requireTls: boolean
  readonly origins: readonly Origin[]
}

/** The part of a VirtualService that routes are made from. */
export interface HttpRules {
  readonly meta: Pick<ObjectMeta, 'name' | 'namespace'>
  readonly http: readonly HttpRoute[]
}

export function httpRulesOf(virtualService: ObjectOf<'VirtualService'>): HttpRules {
  const { name, namespace } = virtualService.meta
  return { meta: { name, namespace }, http: virtualService.spec.http }
}

/** What routes have to know about a host that they send to. */
export interface DestinationFacts {
  readonly host: string
  readonly name: string
  readonly namespace: string
  readonly ports: readonly number[]
  /** Consistent hashing per port and subset; subset '' is the whole service. */
  readonly hashes: readonly { readonly port: number; readonly subset: string; readonly hash: ConsistentHash }[]
}
