import type { Runner } from '@meshwork/core/lifecycle'
import type { Clock } from '@meshwork/core/time'
import { StatsRegistry } from '@meshwork/core/metrics'
import { formatViolation, MeshError, ok, type Result, type Violation } from '@meshwork/core/result'
import { AdminServer, certificatesInUse, type ContextCertificates, type ProxyState } from '../admin/index.ts'
import { type BootstrapSource, parseBootstrap, readBootstrapFile } from '../bootstrap/bootstrap-file.ts'
import type { BootstrapOptions } from '../bootstrap/command-line.ts'
import { MESHWORK_VERSION } from '@meshwork/core/release'
import { type BootstrapConfig, decodeBootstrap } from '../decode/bootstrap.ts'
import { discoveryServer } from '../decode/dynamic-resources.ts'
import { AGENT_CLUSTER } from '../decode/index.ts'
import { secretNamesOfCluster, secretNamesOfListener } from '../decode/missing-secrets.ts'
import { Report } from '../decode/report.ts'
import { Engine } from '../engine/index.ts'
import { filterCatalog } from '../filters/table.ts'
import { proxyIdentity } from './proxy-identity.ts'
import { MixerClients } from '../mixer-client/index.ts'
import { openSockets } from '../net/open-sockets.ts'
import { adminPages } from './admin-pages.ts'
import type { ProxyConfiguration } from '../xds/index.ts'
import type { ProxyDeps } from './build-proxy.ts'
import { limitOpenSockets } from './descriptor-limit.ts'
import { guards } from './guards.ts'
import { DeliveredSecrets } from './delivered-secrets.ts'
import { FileSecrets } from './file-secrets.ts'
import { HeldSecrets } from './held-secrets.ts'
import { ListedSecrets } from './listed-secrets.ts'
import { ServedSecrets } from './served-secrets.ts'
import { MemoryTrim } from './memory-trim.ts'
import { Readiness } from './readiness.ts'
import { serverStats } from './server-stats.ts'
import { describeWaiting, dynamicConfiguration, clusterNeedsControlPlane, listenerNeedsControlPlane } from './dynamic-configuration.ts'
import { firstHost, traffic } from './traffic.ts'

/**
 * Wires a proxy that a bootstrap configures, without a mesh. Throws BAD_BOOTSTRAP with everything that is wrong in it, before
 * anything listens.
 */
export function buildBootstrapProxy(options: BootstrapOptions, { clock, log, levels }: ProxyDeps): readonly Runner[] {
  const stats = new StatsRegistry()
  limitOpenSockets()
  let engine: Engine | null = null
  const mixer = new MixerClients({ clock, log, stats, addressOf: cluster => (engine === null ? null : firstHost(engine, cluster)) })
  const filters = filterCatalog({ mixer, identity: () => proxyIdentity(config.node) })
  const source = valueOf(sourceOf(options), options)
  const config: BootstrapConfig = valueOf(decodeBootstrap(source.bytes, filters, source.runtimeKeys), options)
  const delivered = new DeliveredSecrets(new HeldSecrets(config.secrets))
  const listed = new ListedSecrets(delivered, clock, log)
  const served = new ServedSecrets({
    rest: listed,
    serverOf: cluster => discoveryServer(cluster, config.clusters, new Report()),
    agent: config.clusters.some(({ name }) => name === AGENT_CLUSTER) ? AGENT_CLUSTER : null,
    node: config.node,
    clock,
    log,
  })
  const secrets = new FileSecrets(served, clock, log)
  engine = new Engine({ clock, log, stats, secrets, node: config.node, connections: config.connections })
  const readiness = new Readiness()
  const dynamic = dynamicConfiguration(config, engine, {
    filters,
    clock,
    log,
    stats,
    configured: () => readiness.check(),
    stateFolder: options.stateFolder,
    secrets,
    delivered,
  })
  const resources = new StaticResources({ engine, config, dynamic, served, clock })
  const startedAt = clock.monotonicMs()
  const state: ProxyState = {
    version: MESHWORK_VERSION,
    node: config.node.id,
    notReady: () => {
      if (!resources.running) return 'the listeners are not bound yet'
      return dynamic === null || dynamic.isConfigured ? null : describeWaiting(dynamic)
    },
    uptimeMs: () => clock.monotonicMs() - startedAt,
    certificates: () => null,
    nowMs: () => clock.now(),
  }
  readiness.watch(state)
  const running = engine
  const contexts = (): readonly ContextCertificates[] => certificatesInUse(running.listeners(), running.clusters(), secrets)
  serverStats(stats, { state, health: engine.health, connections: () => openSockets.clientCount, contexts })
  const pages = adminPages({
    contexts,
    waiting: () => dynamic?.waiting ?? {},
    state,
    stats,
    engine,
    types: () => dynamic?.types() ?? [],
    levels,
    node: config.node,
    bootstrap: source.bytes,
    staticClusters: new Set(config.clusters.map(({ name }) => name)),
  })
  const admin = config.admin === null ? [] : [new AdminServer({ address: adminAddress(config.admin), pages, log })]
  return [
    ...guards(clock, log, stats),
    ...admin,
    traffic(engine, mixer, secrets, options.drainMs),
    { name: 'file secrets', start: () => Promise.resolve(), close: () => Promise.resolve(listed.close()) },
    served,
    resources,
    new MemoryTrim(clock),
    ...(dynamic === null ? [] : [dynamic, readiness]),
  ]
}

/** Default of `ConfigSource.initial_fetch_timeout`. */
const FETCH_TIMEOUT_MS = 15_000

interface StaticResourcesDeps {
  readonly engine: Engine
  readonly config: BootstrapConfig
  readonly dynamic: ProxyConfiguration | null
  readonly served: ServedSecrets
  readonly clock: Clock
}

/** Puts the static resources into the engine: all clusters before the first listener. */
class StaticResources implements Runner {
  readonly name = 'static resources'
  running = false
  private readonly engine: Engine
  private readonly config: BootstrapConfig
  private readonly dynamic: ProxyConfiguration | null
  private readonly served: ServedSecrets
  private readonly clock: Clock

  constructor({ engine, config, dynamic, served, clock }: StaticResourcesDeps) {
    this.engine = engine
    this.config = config
    this.dynamic = dynamic
    this.served = served
    this.clock = clock
  }

  async start(): Promise<void> {
    const { clusters, listeners } = this.config
    for (const cluster of clusters) if (!clusterNeedsControlPlane(cluster)) this.engine.setCluster(cluster)
    await this.secretsCome()
    for (const listener of listeners) {
      if (listenerNeedsControlPlane(listener)) continue
      const bound = await this.engine.setListener(listener)
      if (bound.kind === 'err') throw new MeshError('LISTEN_FAILED', `listener '${listener.name}': ${bound.error}`, { source: 'config' })
    }
    this.dynamic?.seed(clusters.filter(clusterNeedsControlPlane), listeners.filter(listenerNeedsControlPlane))
    this.running = true
  }

  /** A listener opens when it can show its certificate, or when a server has had its time (`initial_fetch_timeout`). */
  private async secretsCome(): Promise<void> {
    const { clusters, listeners } = this.config
    const names = [...clusters.flatMap(secretNamesOfCluster), ...listeners.flatMap(secretNamesOfListener)]
    if (names.filter(name => !this.served.has(name)).length === 0) return
    const come = Promise.withResolvers<void>()
    const timer = this.clock.after(FETCH_TIMEOUT_MS, come.resolve)
    const stop = this.served.onChange(() => {
      if (names.every(name => this.served.has(name))) come.resolve()
    })
    await come.promise
    stop()
    timer.cancel()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** All parts in wire form, one after the other: that merges messages (protobuf.dev, "Last One Wins"). */
function sourceOf({ file, text, node }: BootstrapOptions): Result<BootstrapSource, readonly Violation[]> {
  const base = file === null ? parseBootstrap('{}') : readBootstrapFile(file)
  const over = parseBootstrap(text ?? '{}')
  const flags = parseBootstrap(JSON.stringify(nodePart(node)))
  if (base.kind === 'err') return base
  if (over.kind === 'err') return over
  if (flags.kind === 'err') return flags
  return ok({
    bytes: Buffer.concat([base.value.bytes, over.value.bytes, flags.value.bytes]),
    json: base.value.json,
    runtimeKeys: base.value.runtimeKeys,
  })
}

function nodePart({ zone, ...names }: BootstrapOptions['node']): object {
  const node = { ...names, ...(zone === undefined ? {} : { locality: { zone } }) }
  return Object.keys(node).length === 0 ? {} : { node }
}

function valueOf<T>(result: Result<T, readonly Violation[]>, { file }: BootstrapOptions): T {
  if (result.kind === 'ok') return result.value
  const lines = result.error.map(formatViolation).join('\n')
  throw new MeshError('BAD_BOOTSTRAP', `${file ?? '--config-yaml'}: ${lines}`, { source: 'config', nextStep: 'correct the named fields' })
}

function adminAddress(address: NonNullable<BootstrapConfig['admin']>): ConstructorParameters<typeof AdminServer>[0]['address'] {
  return address.kind === 'pipe' ? { kind: 'unix', path: address.path } : address
}
