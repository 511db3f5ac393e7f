import type { FilterChainMatch } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import type { InboundPort, PeerTls } from './inputs.ts'

/** By which connections a chain is chosen, and what it takes them for. */
export interface ChainShape {
  readonly suffix: string
  readonly match: Partial<Pick<FilterChainMatch, 'transportProtocol' | 'applicationProtocols'>>
  readonly mutualTls: boolean
  /** Requests; otherwise bytes. */
  readonly http: boolean
}

/** By these words mesh traffic is told from TLS of the application's own. Some of them say that there is HTTP inside. */
const MESH_TCP: readonly string[] = ['istio', 'istio-peer-exchange']
const MESH_HTTP: readonly string[] = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2']
/** What the HTTP inspector says of plain connections that begin like HTTP. */
const PLAIN_HTTP: readonly string[] = ['http/1.0', 'http/1.1', 'h2c']

const TLS = 'tls'
const PLAIN = 'raw_buffer'

function mesh(http: boolean, applicationProtocols: readonly string[]): ChainShape {
  const match = { transportProtocol: TLS, applicationProtocols: [...applicationProtocols] }
  return { suffix: 'mtls', match, mutualTls: true, http }
}

function anyTls(http: boolean): ChainShape {
  return { suffix: 'mtls', match: { transportProtocol: TLS }, mutualTls: true, http }
}

function plain(http: boolean): ChainShape {
  return { suffix: 'plain', match: { transportProtocol: PLAIN }, mutualTls: false, http }
}

function anything(http: boolean): ChainShape {
  return { suffix: 'plain', match: {}, mutualTls: false, http }
}

/** TLS of the application's own passes unopened. */
const OWN_TLS: ChainShape = { suffix: 'own-tls', match: { transportProtocol: TLS }, mutualTls: false, http: false }
const MESH_HTTP_CHAIN: ChainShape = { ...mesh(true, MESH_HTTP), suffix: 'mtls-http' }
const PLAIN_HTTP_CHAIN: ChainShape = {
  suffix: 'plain-http',
  match: { transportProtocol: PLAIN, applicationProtocols: [...PLAIN_HTTP] },
  mutualTls: false,
  http: true,
}

/**
 * Envoy narrows chains down condition by condition and never goes back, so a chain for TLS must exist beside the one for TLS
 * with certain protocols: one without any condition would not be found.
 * Permissive ports take mesh traffic with its identity and everything else as it comes (traffic.md 2.4, with quirk 5 mended).
 */
const INBOUND_SHAPES: Readonly<Record<PeerTls, Readonly<Record<InboundPort['protocol'], readonly ChainShape[]>>>> = {
  strict: {
    http: [anyTls(true)],
    tcp: [anyTls(false)],
    auto: [MESH_HTTP_CHAIN, anyTls(false)],
  },
  permissive: {
    http: [mesh(true, [...MESH_TCP, ...MESH_HTTP]), plain(true)],
    tcp: [mesh(false, [...MESH_TCP, ...MESH_HTTP]), OWN_TLS, plain(false)],
    auto: [MESH_HTTP_CHAIN, mesh(false, MESH_TCP), OWN_TLS, PLAIN_HTTP_CHAIN, plain(false)],
  },
  disable: {
    http: [anything(true)],
    tcp: [anything(false)],
    auto: [PLAIN_HTTP_CHAIN, OWN_TLS, plain(false)],
  },
}

/** TLS that is opened with the certificates of a Sidecar; whatever is inside a port that declares nothing are bytes. */
const OPENED_TLS: Readonly<Record<InboundPort['protocol'], readonly ChainShape[]>> = {
  http: [{ ...anyTls(true), suffix: 'tls', mutualTls: false }],
  tcp: [{ ...anyTls(false), suffix: 'tls', mutualTls: false }],
  auto: [{ ...anyTls(false), suffix: 'tls', mutualTls: false }],
}

type Peers = Pick<InboundPort, 'tls' | 'protocol' | 'ownTls'>

export function shapesOf({ tls, protocol, ownTls }: Peers): readonly ChainShape[] {
  return ownTls === undefined ? INBOUND_SHAPES[tls][protocol] : OPENED_TLS[protocol]
}

/** Whether the chains of a port tell TLS from other bytes. */
export function looksForTls({ tls, protocol, ownTls }: Peers): boolean {
  return tls !== 'disable' || protocol === 'auto' || ownTls !== undefined
}

/** Whether the chains of a port tell HTTP from other bytes. Not in strict mode: what TLS hides, nobody sees. */
export function looksForHttp({ tls, protocol, ownTls }: Peers): boolean {
  return protocol === 'auto' && tls !== 'strict' && ownTls === undefined
}
