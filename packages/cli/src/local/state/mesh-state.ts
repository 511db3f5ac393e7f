import type { GatewayAddress, ProcessRole } from '../plan/mesh-plan.ts'
import type { ControlPlaneAddresses } from '../plan/proxy-process.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** What the supervisor of a local mesh tells other commands, through `mesh.json`. */
export interface MeshState {
  readonly version: 1
  readonly name: string
  readonly namespace: string
  readonly phase: 'starting' | 'running' | 'stopping'
  readonly supervisor: ProcessIdentity
  readonly gateways: readonly GatewayAddress[]
  readonly controlPlane: ControlPlaneAddresses & { readonly pilotDebug: string }
  /** Names of the services of the mesh file. */
  readonly services: readonly string[]
  /** The user's folders that are watched. */
  readonly config: readonly string[]
  readonly processes: readonly ProcessStatus[]
}

/** `backoff`: it ended, and will be started again. */
export type ProcessPhase = 'waiting' | 'starting' | 'running' | 'backoff' | 'stopped'

export interface ProcessStatus {
  readonly name: string
  readonly role: ProcessRole
  readonly phase: ProcessPhase
  /** The running process, if there is one. */
  readonly process: ProcessIdentity | null
  readonly restarts: number
  readonly ports: Readonly<Record<string, number>>
  readonly identity: string | null
  readonly log: string
}
