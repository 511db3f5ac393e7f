import type { Clock } from '@meshwork/core/time'
import type { LocalMesh } from './definition/local-mesh.ts'
import type { GatewayPort } from './plan/control-plane-ports.ts'
import type { MeshState } from './state/mesh-state.ts'
import type { StatePaths } from './state/state-paths.ts'
import type { ProcessEvent } from './supervisor/supervised-process.ts'

export interface LocalMeshOptions {
  readonly mesh: LocalMesh
  readonly paths: StatePaths
  /** Folders beside those that the mesh file names. */
  readonly config: readonly string[]
  readonly gatewayPort: GatewayPort
  readonly keepLogs: boolean
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onEvent: (name: string, event: ProcessEvent) => void
  /** A sentence about something that was found and put right. */
  readonly onNotice: (text: string) => void
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal
}

export interface RunningMesh {
  state(): MeshState
  /** Stops everything in order and removes the state. */
  stop(): Promise<void>
}
