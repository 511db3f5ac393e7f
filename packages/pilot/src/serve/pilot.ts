import type { MeshConfigSpec } from '@meshwork/config/kinds'
import type { ConfigSource } from '@meshwork/config/source'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { SnapshotStore } from '../snapshot/snapshot-store.ts'
import { DebugHttp } from './debug-http.ts'
import { Discovery } from './discovery.ts'
import { PilotMetrics } from './metrics.ts'
import { SourceRunner } from './source-runner.ts'
import { XdsListener } from './xds-listener.ts'

export interface PilotOptions {
  /** Where configuration comes from, by the name under which its rejections are kept. */
  readonly sources: ReadonlyMap<string, ConfigSource>
  readonly mesh: MeshConfigSpec
  readonly clusterDomain: string
  /** `host:port` or `unix:/path`. */
  readonly xdsAddresses: readonly string[]
  readonly httpAddress: string
  /** Quiet time before a push, and its longest postponement, in milliseconds. */
  readonly quietMs: number
  readonly maxMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** A control plane and its parts, in start order: configuration first, so that the first proxy finds it complete. */
export interface Pilot {
  readonly runners: readonly Runner[]
  readonly discovery: Discovery
  readonly xds: XdsListener
  readonly http: DebugHttp
}

export function createPilot(options: PilotOptions): Pilot {
  const { clock, log, clusterDomain, mesh, quietMs, maxMs } = options
  const metrics = new PilotMetrics()
  const store = new SnapshotStore({ clusterDomain, mesh })
  const discovery = new Discovery({ store, clock, log, metrics, quietMs, maxMs })
  const sources = new SourceRunner(options.sources, discovery)
  const http = new DebugHttp({ address: options.httpAddress, discovery, metrics, isReady: () => sources.isSynced })
  const xds = new XdsListener(discovery.server, options.xdsAddresses)
  return { runners: [http, sources, xds], discovery, xds, http }
}
