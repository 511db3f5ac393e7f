/** One operating-system process to run: everything that `spawn` needs, decided before anything starts. */
export interface ProcessPlan {
  /** Unique: `pilot`, `sidecar/reviews-v1`, `app/reviews-v1`. */
  readonly name: string
  readonly role: ProcessRole
  readonly program: ProgramPlan
  readonly env: Readonly<Record<string, string>>
  /** Names of processes that must be ready before this one is started. */
  readonly after: readonly string[]
  readonly ports: Readonly<Record<string, number>>
  /** SPIFFE id that its certificate carries; `null` for processes without one. */
  readonly identity: string | null
}

export type ProcessRole = 'pilot' | 'citadel' | 'mixer' | 'adapter' | 'gateway' | 'sidecar' | 'app'

export type ProgramPlan =
  /** A `main.ts` of ours, by the name that its package exports. It says by IPC when it is ready, and stops when the IPC channel closes. */
  | { readonly kind: 'module'; readonly module: string; readonly args: readonly string[] }
  /** Anybody's program. It is ready once `port` of 127.0.0.1 accepts connections. */
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly cwd: string; readonly port: number }

/** A YAML file for the registry folder that pilot and mixer watch. */
export interface RegistryFile {
  readonly name: string
  readonly documents: readonly object[]
}

/** A token file to be written for the workloads of one service account. */
export interface TokenPlan {
  readonly file: string
  readonly namespace: string
  readonly serviceAccount: string
}

export interface MeshPlan {
  readonly processes: readonly ProcessPlan[]
  readonly registry: readonly RegistryFile[]
  /** The MeshConfig document. */
  readonly meshConfig: object
  readonly tokens: readonly TokenPlan[]
  /** Where the gateway answers, by the port that Gateway objects name. */
  readonly gateways: readonly GatewayAddress[]
}

export interface GatewayAddress {
  readonly port: number
  readonly url: string
}

/** Roles in the order in which they are stopped: nobody loses what he still needs. */
export const STOP_ORDER: readonly ProcessRole[] = ['gateway', 'app', 'sidecar', 'mixer', 'adapter', 'pilot', 'citadel']
