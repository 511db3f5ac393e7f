import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { envoyBinary, whenAdminReady } from '@meshwork/testkit/mesh'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'

import type { LocalMesh } from '../backend/local/local-backend.ts'
import { workloadToken } from './workload-token.ts'

const LOCAL_ISSUER = 'https://meshwork.local'
const READY_LIMIT_MS = 30_000

export interface TcpWorkloadOptions {
  readonly name: string
  readonly proxy: 'meshwork' | 'envoy'
  /** Where the application listens on 127.0.0.1. */
  readonly app: number
}

/** A service of a local mesh that speaks TCP, behind a sidecar of its own. The application is the caller's. */
export class TcpWorkload implements AsyncDisposable {
  /** Where callers reach the sidecar on 127.0.0.1. */
  readonly inbound: number
  private readonly mesh: LocalMesh
  private readonly name: string
  private readonly folder = mkdtempSync(join(tmpdir(), 'mesh-tcp-'))
  private readonly proxy: Child

  private constructor(mesh: LocalMesh, { name, proxy }: TcpWorkloadOptions, inbound: number, admin: string) {
    this.mesh = mesh
    this.name = name
    this.inbound = inbound
    const token = join(this.folder, 'token')
    writeFileSync(token, workloadToken(mesh.paths.signingKey, LOCAL_ISSUER, 'default', name))
    const { citadel, xds } = mesh.known().controlPlane
    const args = [
      ...['--node', `sidecar~127.0.0.1~${name}-v1.default~default.svc.cluster.local`, '--namespace', 'default'],
      ...['--service-account', name, '--labels', `app=${name}`, '--interception', 'NONE', '--admin', admin],
      ...['--xds', xds, '--ca', citadel, '--ca-root', mesh.paths.rootCertificate, '--token', token],
    ]
    this.proxy =
      proxy === 'envoy'
        ? startProgram(builtProgram('proxy/agent-main'), { name, args: ['envoy', '--envoy-binary', envoyBinary(), ...args] })
        : startProgram(builtProgram('proxy/main'), { name, args })
  }

  /** Resolves when the sidecar has its configuration. */
  static async join(mesh: LocalMesh, options: TcpWorkloadOptions): Promise<TcpWorkload> {
    const [inbound = 0, admin = 0] = await freePorts(2)
    await mesh.apply(`workload-${options.name}`, workloadObjects(options, inbound))
    const workload = new TcpWorkload(mesh, options, inbound, `127.0.0.1:${admin}`)
    try {
      await workload.proxy.whenReady()
      await whenAdminReady(`127.0.0.1:${admin}`, workload.proxy, READY_LIMIT_MS)
      return workload
    } catch (error) {
      await workload[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.stop()
    await this.mesh.remove(`workload-${this.name}`).catch(() => undefined)
    await rm(this.folder, { recursive: true, force: true })
  }
}

function workloadObjects({ name, app }: TcpWorkloadOptions, inbound: number): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default}
spec: {selector: {app: ${name}}, ports: [{name: tcp, port: 3306, targetPort: ${inbound}, protocol: TCP}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: ${name}, namespace: default}
subsets:
- addresses: [{ip: 127.0.0.1, targetRef: {kind: Pod, name: ${name}-v1, namespace: default}}]
  ports: [{name: tcp, port: ${inbound}, protocol: TCP}]
---
apiVersion: v1
kind: Pod
metadata: {name: ${name}-v1, namespace: default, labels: {app: ${name}, security.istio.io/tlsMode: istio}}
spec: {serviceAccountName: ${name}, containers: [{name: app, image: local, ports: [{containerPort: ${inbound}, protocol: TCP}]}]}
status: {phase: Running, podIP: 127.0.0.1, podIPs: [{ip: 127.0.0.1}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: ${name}-v1, namespace: default}
spec:
  workloadSelector: {labels: {app: ${name}}}
  ingress:
  - port: {number: ${inbound}, protocol: TCP, name: tcp}
    bind: 127.0.0.1
    captureMode: NONE
    defaultEndpoint: 127.0.0.1:${app}
  egress:
  - hosts: ["./*"]
`
}
