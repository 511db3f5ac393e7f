import type { Child } from '../../../process/index.ts'
import type { ProxySpec } from '../scenario.ts'

/** What a proxy of a scenario is given. */
export interface ProxySetting {
  readonly proxy: ProxySpec
  /** A folder of its own, writable for the proxy's user. */
  readonly folder: string
  /** Unix socket of the control plane. */
  readonly xdsSocket: string
  /** Unix socket that serves `default` and `ROOTCA`. */
  readonly sdsSocket: string
  /** Words before the command: enters the pod's namespace and changes to the proxy's user. */
  readonly prefix: readonly string[]
}

/** A kind of proxy that scenarios run with. */
export interface DataPlane {
  readonly name: 'meshwork' | 'envoy'
  /** Why it cannot run here, or null. */
  obstacle(): string | null
  start(setting: ProxySetting): Child
  /** Resolves when the proxy has its first configuration and serves it. */
  whenServing(child: Child, setting: ProxySetting): Promise<void>
}
