import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { adminPage, envoyBootstrap, startEnvoy } from '@meshwork/testkit/mesh'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, type Child, type Program, startProgram } from '@meshwork/testkit/process'
import { expect } from 'vitest'

import { HttpCaller } from '../backend/http-call.ts'
import type { MeshReply } from '../backend/mesh.ts'

/** A row of `/debug/syncz`, as far as it is needed. */
interface SyncRow {
  readonly pod: string
  readonly lds: { readonly state: string }
  readonly cds: { readonly state: string }
}

const HOST = 'service.test'

/**
 * Pilot and sidecars of both kinds, each a process, without anybody who would start them again. One service, in plain text:
 * nobody here has a certificate.
 */
export class OutageMesh implements AsyncDisposable {
  /** What requests have as their host. */
  static readonly host: string = HOST
  private readonly folder = mkdtempSync(join(tmpdir(), 'mesh-outage-'))
  private readonly config = join(this.folder, 'config')
  private readonly caller = new HttpCaller()
  private readonly proxies: Child[] = []
  private readonly backend: number
  private readonly xds: string
  private readonly http: string
  private pilot: Child | null = null

  private constructor(backend: number, [xds = 0, http = 0]: readonly number[]) {
    this.backend = backend
    this.xds = `127.0.0.1:${xds}`
    this.http = `127.0.0.1:${http}`
    mkdirSync(this.config)
  }

  static async start(backend: number, pilot?: Program): Promise<OutageMesh> {
    const mesh = new OutageMesh(backend, await freePorts(2))
    mesh.write('service', serviceObjects(backend))
    await mesh.startPilot(pilot)
    return mesh
  }

  /** Where proxies reach pilot. */
  get xdsAddress(): string {
    return this.xds
  }

  /** Of this build, unless told otherwise. */
  async startPilot(program: Program = builtProgram('pilot/main')): Promise<void> {
    const args = ['--config-dir', this.config, '--xds-address', this.xds, '--http-address', this.http]
    this.pilot = startProgram(program, { name: 'pilot', args })
    await this.pilot.whenReady()
  }

  async killPilot(): Promise<void> {
    await this.pilot?.kill()
  }

  /** Pilot stands still with its sockets open, as behind a dead network; `thawPilot` lets it go on. */
  freezePilot(): void {
    this.pilot?.process.kill('SIGSTOP')
  }

  thawPilot(): void {
    this.pilot?.process.kill('SIGCONT')
  }

  /** What the proxy of this name has written so far. */
  logOf(name: string): string {
    return this.proxies.find(child => child.name === name)?.log.all() ?? ''
  }

  /** The port where its application finds the proxy, of this build or of another. Does not wait until it serves. */
  async addProxy(name: string, kind: 'meshwork' | 'envoy' | Program, xds: string = this.xds): Promise<number> {
    const [entry = 0, adminPort = 0] = await freePorts(2)
    const admin = `127.0.0.1:${adminPort}`
    this.write(name, sidecarObject(name, entry))
    const id = `sidecar~127.0.0.1~${name}.default~default.svc.cluster.local`
    const sds = `unix:${join(this.folder, 'nobody.sock')}`
    const program = typeof kind === 'string' ? builtProgram('proxy/main') : kind
    const child = kind === 'envoy' ? this.envoy(name, id, admin, sds) : this.ours(name, id, admin, sds, program, xds)
    this.proxies.push(child)
    return entry
  }

  /** Proxies that have acknowledged all that pilot has for them. */
  async synced(): Promise<readonly string[]> {
    const rows: readonly SyncRow[] = JSON.parse((await adminPage(this.http, '/debug/syncz')).body)
    return rows.filter(({ lds, cds }) => lds.state === 'SYNCED' && cds.state === 'SYNCED').map(({ pod }) => pod)
  }

  /** Has every proxy answer all requests itself from now on. */
  async answerWith(status: number): Promise<void> {
    this.write('service', serviceObjects(this.backend) + directResponse(status))
    await Promise.resolve()
  }

  /** Has every proxy answer the requests of `call` itself, and no others; null: nobody any more. */
  async answerProbe(status: number | null): Promise<void> {
    this.write('service', serviceObjects(this.backend) + (status === null ? '' : probeResponse(status)))
    await Promise.resolve()
  }

  /** Refusals of resources that the running pilot has been told of, by all proxies. */
  async refusals(): Promise<number> {
    const { body } = await adminPage(this.http, '/metrics')
    const counts = [...body.matchAll(/^pilot_total_xds_rejects(?:\{[^}]*\})? (\d+)/gm)].map(([, count]) => Number(count))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  call(port: number): Promise<MeshReply> {
    return this.caller.call({ port, method: 'GET', target: '/n/probe', headers: { host: HOST }, body: undefined })
  }

  async expectServed(port: number): Promise<void> {
    expect(await this.call(port)).toMatchObject({ status: 200 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.caller.close()
    this.thawPilot()
    await Promise.all(this.proxies.map(child => child.stop()))
    await this.pilot?.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  private write(name: string, yaml: string): void {
    writeFileSync(join(this.config, `${name}.yaml`), yaml)
  }

  private ours(name: string, id: string, admin: string, sds: string, program: Program, xds: string): Child {
    const args = ['--node', id, '--namespace', 'default', '--labels', `app=${name}`, '--interception', 'NONE']
    const child = startProgram(program, { name, args: [...args, '--xds', xds, '--admin', admin, '--sds', sds] })
    child.whenReady().catch(() => undefined)
    return child
  }

  private envoy(name: string, id: string, admin: string, sds: string): Child {
    const folder = join(this.folder, name)
    mkdirSync(folder)
    const metadata = { NAMESPACE: 'default', LABELS: { app: name }, INTERCEPTION_MODE: 'NONE' }
    const bootstrap = envoyBootstrap({ id, cluster: `${name}.default`, metadata }, { xds: this.xds, sds, admin })
    return startEnvoy({ name, bootstrap, folder })
  }
}

function serviceObjects(backend: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: service, namespace: default}
spec:
  hosts: [${HOST}]
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: 127.0.0.1, ports: {http: ${backend}}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: service, namespace: default}
spec: {host: ${HOST}, trafficPolicy: {tls: {mode: DISABLE}}}
---
`
}

function directResponse(status: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: service, namespace: default}
spec: {hosts: [${HOST}], http: [{directResponse: {status: ${status}}}]}
`
}

function probeResponse(status: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: service, namespace: default}
spec:
  hosts: [${HOST}]
  http:
  - match: [{uri: {exact: /n/probe}}]
    directResponse: {status: ${status}}
  - route: [{destination: {host: ${HOST}}}]
`
}

function sidecarObject(name: string, entry: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: ${name}, namespace: default}
spec:
  workloadSelector: {labels: {app: ${name}}}
  egress:
  - port: {number: ${entry}, protocol: HTTP_PROXY, name: http-proxy}
    bind: 127.0.0.1
    captureMode: NONE
    hosts: ["*/*"]
`
}
