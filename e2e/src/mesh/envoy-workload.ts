import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { adminPage, envoyBinary, whenAdminReady } from '@meshwork/testkit/mesh'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, Child, startProgram } from '@meshwork/testkit/process'

import type { LocalMesh } from '../backend/local/local-backend.ts'
import { HttpCaller } from '../backend/http-call.ts'
import type { MeshReply, MeshRequest } from '../backend/mesh.ts'
import { workloadToken } from './workload-token.ts'

const ECHO_PROGRAM = fileURLToPath(new URL('../apps/echo.ts', import.meta.url))
const LOCAL_ISSUER = 'https://meshwork.local'
const READY_LIMIT_MS = 30_000

interface Ports {
  readonly app: number
  readonly inbound: number
  readonly httpProxy: number
  readonly admin: number
}

/** A workload of a local mesh whose sidecar is real Envoy, started and given its identity by `meshwork-agent`. */
export class EnvoyWorkload implements AsyncDisposable {
  readonly name: string
  readonly admin: string
  readonly agent: Child
  private readonly mesh: LocalMesh
  private readonly app: Child
  private readonly folder: string
  private readonly ports: Ports
  private readonly caller = new HttpCaller()

  private constructor(mesh: LocalMesh, name: string, ports: Ports) {
    this.mesh = mesh
    this.name = name
    this.ports = ports
    this.admin = `127.0.0.1:${ports.admin}`
    this.folder = mkdtempSync(join(tmpdir(), 'mesh-envoy-'))
    const token = join(this.folder, 'token')
    writeFileSync(token, workloadToken(mesh.paths.signingKey, LOCAL_ISSUER, 'default', name))
    this.app = new Child({
      name: `app ${name}`,
      command: [process.execPath, ECHO_PROGRAM],
      ipc: false,
      environment: { PORT: String(ports.app), ECHO_NAME: `${name}-v1` },
    })
    const { citadel, xds } = mesh.known().controlPlane
    this.agent = startProgram(builtProgram('proxy/agent-main'), {
      name: 'meshwork-agent',
      args: [
        ...['envoy', '--envoy-binary', envoyBinary(), '--node', `sidecar~127.0.0.1~${name}-v1.default~default.svc.cluster.local`],
        ...['--namespace', 'default', '--service-account', name, '--labels', `app=${name},version=v1`, '--interception', 'NONE'],
        ...['--xds', xds, '--ca', citadel, '--ca-root', mesh.paths.rootCertificate, '--token', token, '--admin', this.admin],
      ],
    })
  }

  /** Makes `name` a service of the mesh on port 8000, with one instance. Resolves when Envoy has its configuration. */
  static async join(mesh: LocalMesh, name: string): Promise<EnvoyWorkload> {
    const [app = 0, inbound = 0, httpProxy = 0, admin = 0] = await freePorts(4)
    const ports = { app, inbound, httpProxy, admin }
    await mesh.apply(`workload-${name}`, workloadObjects(name, ports))
    const workload = new EnvoyWorkload(mesh, name, ports)
    try {
      await workload.agent.whenReady()
      await whenAdminReady(workload.admin, workload.agent, READY_LIMIT_MS)
      return workload
    } catch (error) {
      await workload[Symbol.asyncDispose]()
      throw error
    }
  }

  /** A request that the application behind this Envoy sends into the mesh. */
  request(request: MeshRequest): Promise<MeshReply> {
    const headers = { host: request.host, ...request.headers }
    const target = `http://${request.host}${request.path ?? '/'}`
    return this.caller.call({ port: this.ports.httpProxy, target, headers, method: request.method ?? 'GET', body: request.body })
  }

  /** The value of one of Envoy's counters; 0 when Envoy has not counted it yet. */
  async counter(name: string): Promise<number> {
    const { body } = await adminPage(this.admin, `/stats?filter=^${name}$`)
    return Number(/: (\d+)/.exec(body)?.[1] ?? 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.caller.close()
    await this.agent.stop()
    await this.app.stop()
    await this.mesh.remove(`workload-${this.name}`).catch(() => undefined)
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** What a user would have applied for this workload. */
function workloadObjects(name: string, ports: Ports): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default, labels: {app: ${name}}}
spec:
  selector: {app: ${name}}
  ports: [{name: http, port: 8000, targetPort: ${ports.inbound}, protocol: TCP}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: ${name}, namespace: default}
subsets:
- addresses: [{ip: 127.0.0.1, targetRef: {kind: Pod, name: ${name}-v1, namespace: default}}]
  ports: [{name: http, port: ${ports.inbound}, protocol: TCP}]
---
apiVersion: v1
kind: Pod
metadata: {name: ${name}-v1, namespace: default, labels: {app: ${name}, version: v1, security.istio.io/tlsMode: istio}}
spec:
  serviceAccountName: ${name}
  containers: [{name: app, image: local, ports: [{name: http, containerPort: ${ports.inbound}, protocol: TCP}]}]
status: {phase: Running, podIP: 127.0.0.1, podIPs: [{ip: 127.0.0.1}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: ${name}-v1, namespace: default}
spec:
  workloadSelector: {labels: {app: ${name}}}
  ingress:
  - port: {number: ${ports.inbound}, protocol: HTTP, name: http}
    bind: 127.0.0.1
    captureMode: NONE
    defaultEndpoint: 127.0.0.1:${ports.app}
  egress:
  - port: {number: ${ports.httpProxy}, protocol: HTTP_PROXY, name: http-proxy}
    bind: 127.0.0.1
    captureMode: NONE
    hosts: ["*/*"]
`
}
