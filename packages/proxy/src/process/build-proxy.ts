import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'
import type { CertBundle } from '@meshwork/core/x509'
import { CERTIFICATE_SECRET } from '@meshwork/identity'
import { AdminServer, type ContextCertificates, type LogLevelSwitch, type ProxyState } from '../admin/index.ts'
import { MESHWORK_VERSION } from '@meshwork/core/release'
import type { ProxyOptions } from '../bootstrap/proxy-options.ts'
import { xdsNode } from '../bootstrap/xds-node.ts'
import { dnsProxy } from '../dns/index.ts'
import { Engine } from '../engine/index.ts'
import { filterCatalog } from '../filters/table.ts'
import { proxyEnd } from './pod-life.ts'
import { proxyIdentity } from './proxy-identity.ts'
import { MixerClients } from '../mixer-client/index.ts'
import { openSockets } from '../net/open-sockets.ts'
import { ProxyConfiguration } from '../xds/index.ts'
import { adminPages } from './admin-pages.ts'
import { limitOpenSockets } from './descriptor-limit.ts'
import { guards } from './guards.ts'
import { lastGoodCopy } from './last-good-copy.ts'
import { DeliveredSecrets } from './delivered-secrets.ts'
import { FileSecrets } from './file-secrets.ts'
import { identitySource } from './identity-source.ts'
import { MemoryTrim } from './memory-trim.ts'
import { proxyStatus } from './proxy-status.ts'
import { Readiness } from './readiness.ts'
import { serverStats } from './server-stats.ts'
import { firstHost, traffic } from './traffic.ts'
import { xdsConnection } from './xds-connection.ts'
import { XdsStats } from './xds-stats.ts'

export interface ProxyDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly levels: LogLevelSwitch
}

/** Longer than one of several pilots is usually behind the others; a pilot that was rolled back is followed after it. */
const RETREAT_PATIENCE_MS = 5_000

/** A proxy as its parts, in the order in which they start. */
export interface Proxy {
  readonly runners: readonly Runner[]
  readonly engine: Engine
  readonly stats: StatsRegistry
  readonly state: ProxyState
  readonly admin: AdminServer
  /** Lets the last runner count as started although the proxy is not ready, so that it can be closed. */
  readonly stopWaiting: () => void
}

/** Wires one proxy. Nothing runs until the runners are started; nothing here reads flags or the environment. */
export function buildProxy(options: ProxyOptions, { clock, log, levels }: ProxyDeps): Proxy {
  const node = xdsNode(options)
  const stats = new StatsRegistry()
  limitOpenSockets()
  const identity = identitySource(options.identity, node, stats, { clock, log })
  const delivered = new DeliveredSecrets(identity.secrets)
  const secrets = new FileSecrets(delivered, clock, log)
  const engine = new Engine({ clock, log, stats, secrets, node })
  const mixer = new MixerClients({ clock, log, stats, addressOf: cluster => firstHost(engine, cluster) })
  const filters = filterCatalog({ mixer, identity: () => proxyIdentity(node) })
  const xdsStats = new XdsStats(stats)
  // How long an application had to wait is told of pods only; a gateway has none.
  const readiness = new Readiness(() => {
    if (options.pod !== null && options.node.startsWith('sidecar~')) configuration.tellReady(process.uptime() * 1000)
  })
  const memory = new MemoryTrim(clock)
  const dns = options.dns === null ? null : dnsProxy(options.dns, node.id, { clock, log })
  const configuration = new ProxyConfiguration({
    node,
    connection: xdsConnection({
      address: options.xds,
      trust: options.xdsTrust,
      certificate: () => identity.secrets.certificate(CERTIFICATE_SECRET),
    }),
    variant: options.variant,
    dataPlane: engine,
    secrets: delivered,
    filters,
    clock,
    log,
    answered: (typeUrl, error) => xdsStats.answered(typeUrl, error),
    configured: () => {
      readiness.check()
      memory.changed()
    },
    ...(dns === null ? {} : { also: client => client.subscribe(dns.names, { kind: 'everything' }) }),
    retreatPatienceMs: RETREAT_PATIENCE_MS,
    ...lastGoodCopy(options.stateFolder, node.id, clock, log),
  })
  const state = proxyState(options, clock, configuration, identity)
  readiness.watch(state)
  identity.secrets.onChange(() => readiness.check())
  const contexts = (): readonly ContextCertificates[] => {
    const bundle = state.certificates()
    return bundle === null ? [] : [{ roots: bundle.roots, chain: bundle.chain }]
  }
  serverStats(stats, { state, health: engine.health, connections: () => openSockets.clientCount, contexts })
  const pages = adminPages({
    state,
    stats,
    engine,
    types: () => configuration.types(),
    levels,
    node,
    bootstrap: null,
    waiting: () => configuration.waiting,
    contexts,
  })
  const isReady = (): boolean => state.notReady() === null
  const end = proxyEnd(options.pod, { engine, isGateway: options.node.startsWith('router~'), isReady, clock, log })
  const admin = new AdminServer({ address: options.admin, log, pages })
  const runners = [
    ...guards(clock, log, stats),
    admin,
    ...proxyStatus(options.status, { state, stats, health: engine.health, isStopping: end.hasBegun, clock, log }),
    ...identity.runners,
    ...(dns === null ? [] : [dns.server]),
    traffic(engine, mixer, secrets, options.drainMs),
    configuration,
    memory,
    readiness,
    ...end.runners,
  ]
  return { runners, engine, stats, state, admin, stopWaiting: () => readiness.giveUp() }
}

function proxyState(
  { node }: ProxyOptions,
  clock: Clock,
  configuration: ProxyConfiguration,
  identity: { hasCertificate(): boolean; certificates(): CertBundle | null },
): ProxyState {
  const startedAt = clock.monotonicMs()
  return {
    version: MESHWORK_VERSION,
    node,
    notReady: () => {
      if (!identity.hasCertificate()) return 'there is no certificate yet'
      return configuration.isConfigured ? null : describeWaiting(configuration)
    },
    uptimeMs: () => clock.monotonicMs() - startedAt,
    certificates: () => identity.certificates(),
    nowMs: () => clock.now(),
  }
}

function describeWaiting(configuration: ProxyConfiguration): string {
  const waiting = Object.entries(configuration.waiting).flatMap(([type, names]) =>
    names.length === 0 ? [] : `${type} ${names.join(', ')}`,
  )
  if (waiting.length > 0) return `waiting for ${waiting.join('; ')}`
  return configuration.isConnected ? 'waiting for the first configuration' : 'there is no connection to pilot yet'
}
