import type { OutgoingHttpHeaders } from 'node:http'

/** A request as an application makes it. */
export interface MeshRequest {
  readonly method?: string
  /** Host and port as the application writes them: `echo:8000`. */
  readonly host: string
  readonly path?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
}

/** What came back. `status` 0 means that the connection broke. */
export interface MeshReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
  readonly durationMs: number
}

/** What the echo application says it received. */
export interface EchoBody {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** How many requests this application has received, this one included. */
  readonly served: number
}

/** A running process of the mesh. */
export interface Component {
  readonly pid: number
  readonly restarts: number
  readonly running: boolean
}

/** A running mesh as scenarios see it, whatever it runs on. */
export interface Mesh extends AsyncDisposable {
  /** A request that the application of `pod` sends into the mesh. */
  request(pod: string, request: MeshRequest): Promise<MeshReply>
  /** The same, one after the other on one connection. Throws when the proxy closes it in between. */
  requestsOnOneConnection(pod: string, requests: readonly MeshRequest[]): Promise<readonly MeshReply[]>
  /** A request that bypasses the caller's proxy and reaches the server's proxy of `pod` in plain text. */
  requestWithoutProxy(pod: string, request: MeshRequest): Promise<MeshReply>
  /** A request from outside, to the ingress gateway. */
  gateway(request: MeshRequest): Promise<MeshReply>
  /** Puts Istio objects into force, under a name; replaces what had that name. */
  apply(name: string, yaml: string): Promise<void>
  remove(name: string): Promise<void>
  /** `pilot`, `citadel`, `mixer`, `sidecar/<pod>`, `gateway`. */
  component(name: string): Component
  /** Ends a component at once, as a crash would. */
  kill(name: string): Promise<void>
  /** What a component wrote so far. */
  log(name: string): Promise<string>
  /** A page of a component's own HTTP interface. */
  page(component: string, port: string, path: string): Promise<MeshReply>
}

/** What a scenario wants to run: services of the echo application. */
export interface MeshShape {
  readonly name: string
  readonly services: readonly EchoService[]
  /** Istio objects in force from the start. */
  readonly config: Readonly<Record<string, string>>
  /** Fields of MeshConfig that differ from the back end's; in force soon after the start. */
  readonly meshConfig?: Readonly<Record<string, unknown>>
}

export interface EchoService {
  readonly name: string
  readonly port: number
  readonly versions: readonly string[]
}

/** Something scenarios can run on. */
export interface Backend {
  readonly name: string
  start(shape: MeshShape): Promise<Mesh>
}
