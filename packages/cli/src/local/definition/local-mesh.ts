/** A `LocalMesh` document (`meshwork.dev/v1alpha1`): the services of one machine and how to start them. Paths are absolute. */
export interface LocalMesh {
  readonly name: string
  /** Namespace of all its services. */
  readonly namespace: string
  /** Folder of the document: commands run in it. */
  readonly directory: string
  /** Folders with configuration, watched while the mesh runs. */
  readonly config: readonly string[]
  readonly gateway: LocalGateway | null
  readonly services: readonly LocalService[]
}

export interface LocalGateway {
  /** Port numbers that Gateway objects name. Each is also the port listened on, unless `--gateway-port` moves the first. */
  readonly ports: readonly number[]
}

export interface LocalService {
  readonly name: string
  /** What clients call: `http://<name>:<port>`. */
  readonly port: number
  readonly serviceAccount: string
  readonly versions: readonly LocalVersion[]
}

export interface LocalVersion {
  /** Value of the label `version`, for subsets. */
  readonly version: string
  /** Program and arguments. It is told its port by `PORT` and its sidecar by `http_proxy`. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Path of an Envoy that is the sidecar instead of our own proxy. */
  readonly envoy: string | null
  /** Path of the program's own Prometheus metrics on its port (`/metrics`), which its sidecar tells with its own; `null` for none. */
  readonly metrics: string | null
  /** How many of them run, each with a sidecar of its own. 1 to 16. */
  readonly instances: number
}
