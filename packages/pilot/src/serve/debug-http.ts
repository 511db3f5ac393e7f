import type { SocketAddress } from '@meshwork/core/ids'
import type { Logger } from '@meshwork/core/log'
import { type HttpAnswer, HttpEndpoint, type HttpPage, metricsPage, textAnswer } from '@meshwork/core/serve'
import type { Advisor } from './advisor.ts'
import type { Discovery } from './discovery.ts'
import { configDump } from './config-dump.ts'
import type { PilotMetrics } from './metrics.ts'
import { syncStatus } from './sync-status.ts'

export interface DebugHttpOptions {
  readonly address: SocketAddress
  readonly discovery: Discovery
  readonly metrics: PilotMetrics
  readonly advisor: Advisor
  /** Whether every source has delivered its first batch. */
  readonly isReady: () => boolean
  readonly log: Logger
}

/** What the control plane knows, for `meshctl` and for people. Read-only, and for loopback. */
export function debugHttp(options: DebugHttpOptions): HttpEndpoint {
  const { address, log } = options
  return new HttpEndpoint({ name: 'debug', address, flag: '--http-address', pages: pagesOf(options), log })
}

/** Every path that is served, with what it answers. */
function pagesOf({ discovery, metrics, advisor, isReady }: DebugHttpOptions): ReadonlyMap<string, HttpPage> {
  return new Map<string, HttpPage>([
    ['/ready', () => (isReady() ? textAnswer('ready\n') : textAnswer('configuration is not read yet\n', 503))],
    ['/metrics', metricsPage(metrics.registry)],
    ['/debug/syncz', () => json(discovery.clients().map(syncStatus))],
    ['/debug/configz', () => json([...discovery.loop.snapshot.objects.values()].filter(isShowable))],
    ['/debug/registryz', () => json(discovery.loop.snapshot.registry.services)],
    ['/debug/endpointz', () => json([...discovery.loop.snapshot.registry.endpoints.values()].flat())],
    ['/debug/rejections', () => json(discovery.loop.snapshot.rejections)],
    ['/debug/analysis', () => json(advisor.findings())],
    ['/debug/object_status', () => json(discovery.objectStatuses())],
    ['/debug/push_status', () => json({ ...discovery.report, generated: discovery.loop.generator.counters() })],
    ['/debug/config_dump', query => dumpOf(discovery, query)],
  ])
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
