import type { StatsRegistry } from '@meshwork/core/metrics'
import type { TypeStatus } from '@meshwork/xds/client'
import type { XdsNode } from '@meshwork/xds/types'
import {
  type AdminPage,
  controlPages,
  certsPage,
  type ContextCertificates,
  envoyPages,
  initDumpPage,
  memoryPage,
  runtimePage,
  clustersPage,
  configDumpPage,
  listenersPage,
  loggingPage,
  type LogLevelSwitch,
  prometheusPage,
  type ProxyState,
  readyPage,
  serverInfoPage,
  statsPage,
} from '../admin/index.ts'
import type { Engine } from '../engine/index.ts'

/** What the pages show. */
export interface AdminSources {
  readonly state: ProxyState
  readonly stats: StatsRegistry
  readonly engine: Engine
  /** Resources that came over xDS. */
  readonly types: () => Iterable<TypeStatus>
  readonly levels: LogLevelSwitch
  readonly node: XdsNode
  /** Wire form of the bootstrap; null in a mesh. */
  readonly bootstrap: Uint8Array | null
  /** Certificates in use. */
  readonly contexts: () => readonly ContextCertificates[]
  /** What the configuration still waits for, by type. */
  readonly waiting: () => Readonly<Record<string, readonly string[]>>
  /** Names of the clusters that stand in the bootstrap. */
  readonly staticClusters?: ReadonlySet<string>
}

const NONE: ReadonlySet<string> = new Set()

export function adminPages({
  state,
  stats,
  engine,
  types,
  levels,
  node,
  bootstrap,
  contexts,
  waiting,
  staticClusters = NONE,
}: AdminSources): readonly AdminPage[] {
  return [
    readyPage(state, engine.health),
    statsPage(stats),
    prometheusPage(stats),
    configDumpPage({ node, types, bootstrap, certificates: () => state.certificates() }),
    clustersPage(
      () => engine.clusters(),
      name => staticClusters.has(name),
    ),
    listenersPage(() => engine.listeners()),
    certsPage(contexts, () => state.nowMs()),
    memoryPage(),
    ...envoyPages(),
    runtimePage(bootstrap),
    initDumpPage(waiting),
    serverInfoPage(state, engine.health),
    loggingPage(levels),
    ...controlPages({
      stats,
      health: engine.health,
      drainListeners: inboundOnly => engine.drainListeners(inboundOnly),
      quit: () => process.kill(process.pid, 'SIGTERM'),
    }),
  ]
}
