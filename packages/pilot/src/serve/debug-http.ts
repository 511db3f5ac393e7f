import type { SocketAddress } from '@meshwork/core/ids'
import type { Logger } from '@meshwork/core/log'
import type { TokenAuthenticator } from '@meshwork/core/ports'
import { MESHWORK_VERSION } from '@meshwork/core/release'
import { type HttpAnswer, HttpEndpoint, type HttpPage, metricsPage, textAnswer } from '@meshwork/core/serve'
import { clusterRows } from '../cluster/cluster-rows.ts'
import type { RemoteClusters } from '../cluster/remote-clusters.ts'
import type { Advisor } from './advisor.ts'
import type { ClientStatus } from '@meshwork/xds/server'
import type { Discovery } from './discovery.ts'
import { authenticationStatus } from './authentication-status.ts'
import { configDump, type ConfigDump } from './config-dump.ts'
import { debugGuard } from './debug-guard.ts'
import type { PilotMetrics } from './metrics.ts'
import { syncStatus } from './sync-status.ts'

export interface DebugHttpOptions {
  readonly address: SocketAddress
  readonly discovery: Discovery
  readonly metrics: PilotMetrics
  readonly advisor: Advisor
  /** Whether every source has delivered its first batch. */
  readonly isReady: () => boolean
  /** Name of the own cluster. */
  readonly clusterId: string
  readonly clusters: RemoteClusters
  /** Vouches for readers from elsewhere; absent: debug pages are for loopback. */
  readonly tokens?: TokenAuthenticator | null
  readonly log: Logger
}

/** What the control plane knows, for `meshctl` and for people. Read-only, and for loopback. */
export function debugHttp(options: DebugHttpOptions): HttpEndpoint {
  const { address, log } = options
  return new HttpEndpoint({
    name: 'debug',
    address,
    flag: '--http-address',
    pages: pagesOf(options),
    guard: debugGuard(options.tokens ?? null),
    log,
  })
}

/** Every path that is served, with what it answers. */
function pagesOf({ discovery, metrics, advisor, isReady, clusterId, clusters }: DebugHttpOptions): ReadonlyMap<string, HttpPage> {
  return new Map<string, HttpPage>([
    ['/ready', () => (isReady() ? textAnswer('ready\n') : textAnswer('configuration is not read yet\n', 503))],
    ['/metrics', metricsPage(metrics.registry)],
    ['/debug/syncz', () => json(discovery.clients().map(syncStatus))],
    ['/debug/configz', () => json([...discovery.loop.snapshot.objects.values()].filter(isShowable))],
    ['/debug/registryz', () => json(discovery.loop.snapshot.registry.services)],
    ['/debug/endpointz', () => json([...discovery.loop.snapshot.registry.endpoints.values()].flat())],
    ['/debug/clusterz', () => json(clusterRows(clusterId, clusters.states(), discovery.loop.snapshot))],
    ['/debug/rejections', () => json(discovery.loop.snapshot.rejections)],
    ['/debug/analysis', () => json(advisor.findings())],
    ['/debug/object_status', () => json(discovery.objectStatuses())],
    ['/debug/push_status', () => json({ ...discovery.report, generated: discovery.loop.generator.counters() })],
    ['/debug/adsz', query => onPush(discovery, query, () => json(discovery.clients().map(client => adsRow(discovery, client))))],
    [
      '/debug/cdsz',
      () => json(discovery.clients().map(({ node, viewKey }) => ({ proxy: node.id, clusters: shownOf(discovery, viewKey).clusters }))),
    ],
    ['/debug/edsz', query => onPush(discovery, query, () => json(endpointRows(discovery)))],
    ['/debug/authenticationz', query => authenticationOf(discovery, query)],
    ['/version', () => json({ version: MESHWORK_VERSION, program: 'meshwork-pilot', node: process.versions.node })],
    ['/debug/config_dump', query => dumpOf(discovery, query)],
  ])
}

/** `?push=1` makes what is waiting the configuration in force, before the answer. */
function onPush(discovery: Discovery, query: URLSearchParams, page: () => HttpAnswer): HttpAnswer {
  if (query.get('push') === '1') discovery.loop.flush()
  return page()
}

function adsRow(discovery: Discovery, client: ClientStatus): object {
  const { clusters, listeners, routes } = shownOf(discovery, client.viewKey)
  return { ...syncStatus(client), node: client.node.id, clusters, listeners, routes }
}

type Shown = Pick<ConfigDump, 'clusters' | 'listeners' | 'routes'>

function shownOf(discovery: Discovery, viewKey: string): Shown {
  const view = discovery.loop.view(viewKey)
  return view === undefined ? { clusters: [], listeners: [], routes: [] } : configDump(view)
}

/** Each form of the endpoints of a cluster once, whichever views have it. */
function endpointRows(discovery: Discovery): readonly unknown[] {
  const rows = new Map<string, unknown>()
  for (const viewKey of new Set(discovery.clients().map(client => client.viewKey))) {
    const view = discovery.loop.view(viewKey)
    if (view === undefined) continue
    for (const { name, version, resource } of configDump(view).endpoints) rows.set(`${name} ${version}`, resource)
  }
  return [...rows.values()]
}

function authenticationOf(discovery: Discovery, query: URLSearchParams): HttpAnswer {
  const proxy = query.get('proxyID') ?? ''
  if (proxy === '') return textAnswer('say which proxy: /debug/authenticationz?proxyID=<pod>.<namespace>\n', 400)
  const identity = discovery.identityOf(proxy)
  if (identity === undefined) return textAnswer(`proxy '${proxy}' is not connected; /debug/syncz lists those that are\n`, 404)
  return json(authenticationStatus(identity, discovery.loop.snapshot))
}

/** Secrets are configuration too, but nobody's business. */
function isShowable(object: { readonly kind: string }): boolean {
  return object.kind !== 'Secret'
}

function dumpOf(discovery: Discovery, query: URLSearchParams): HttpAnswer {
  const proxy = query.get('proxyID')
  if (proxy === null || proxy === '') return textAnswer('say which proxy: /debug/config_dump?proxyID=<pod>.<namespace>\n', 400)
  const view = discovery.viewOf(proxy)
  if (view === undefined) return textAnswer(`proxy '${proxy}' is not connected; /debug/syncz lists those that are\n`, 404)
  return json(configDump(view))
}

function json(value: unknown): HttpAnswer {
  return { status: 200, contentType: 'application/json', body: `${JSON.stringify(value, plainValue, 2)}\n` }
}

function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Map ? Object.fromEntries(value) : value
}
