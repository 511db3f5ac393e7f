import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createTestCa, type TestCa } from '../../../ca/index.ts'
import { PodNetwork } from '../../../net/index.ts'
import type { Child } from '../../../process/index.ts'
import type { DrivenRequest, Note, ServedEndpoint } from '../pod/messages.ts'
import { PlanCounter, PodProcess } from '../pod/pod-process.ts'
import type { EndpointSpec, Fixtures, RequestSpec, Scenario } from '../scenario.ts'
import { startControlPlane } from './control-plane.ts'
import type { DataPlane } from './data-plane.ts'
import { certificateNames, networkOf, podOfEndpoint, PROXY_UID, sourceOf } from './layout.ts'
import { SecretServer } from './secret-server.ts'

const OUTSIDE = 'outside'

/** Everything one scenario needs, from nothing: network, endpoints, control plane, proxies. Disposal ends all of it. */
export class World implements AsyncDisposable {
  readonly children: Child[] = []
  private readonly scenario: Scenario
  private readonly fixtures: Fixtures
  private readonly resources = new AsyncDisposableStack()
  private readonly pods = new Map<string, PodProcess>()
  private readonly folder = mkdtempSync(join(tmpdir(), 'mesh-scenario-'))

  private constructor(scenario: Scenario, fixtures: Fixtures) {
    this.scenario = scenario
    this.fixtures = fixtures
    chmodSync(this.folder, 0o755)
    this.resources.defer(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  static async create(scenario: Scenario, fixtures: Fixtures, dataPlane: DataPlane): Promise<World> {
    const world = new World(scenario, fixtures)
    try {
      await world.build(dataPlane)
      return world
    } catch (error) {
      await world[Symbol.asyncDispose]()
      throw error
    }
  }

  async request(spec: RequestSpec): Promise<Awaited<ReturnType<PodProcess['request']>>> {
    const pod = this.pods.get(spec.from)
    if (pod === undefined) throw new Error(`no pod for requests from '${spec.from}'`)
    const source = sourceOf(spec)
    const certificate = spec.clientCert === undefined ? null : this.fixtureCertificate(spec.clientCert)
    const driven: DrivenRequest = { spec: source === undefined ? spec : { ...spec, source }, certificate }
    return await pod.request(driven)
  }

  /** What endpoints received since the last `forgetNotes`. */
  async notes(): Promise<readonly Note[]> {
    await Promise.all([...this.pods.values()].map(pod => pod.flush()))
    return [...this.pods.values()].flatMap(pod => pod.notes)
  }

  forgetNotes(): void {
    for (const pod of this.pods.values()) pod.notes.length = 0
  }

  /** The last words of every process, for the detail of a failed case. */
  logs(): string {
    return this.children.map(child => `${child.name}: ${child.log.tail(6)}`).join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.resources.disposeAsync()
  }

  private async build(dataPlane: DataPlane): Promise<void> {
    const network = this.resources.use(await PodNetwork.create(networkOf(this.scenario)))
    const authority = await createTestCa()
    const xdsSocket = join(this.folder, 'xds.sock')
    const controlPlane = await startControlPlane(this.scenario, { folder: this.folder, socket: xdsSocket })
    this.keep(controlPlane)
    await Promise.all([this.startPods(network, authority), controlPlane.whenReady()])
    chmodSync(xdsSocket, 0o777)
    await Promise.all(this.scenario.proxies.map((_, index) => this.startProxy(index, network, authority, dataPlane, xdsSocket)))
  }

  private keep(child: Child): void {
    this.children.push(child)
    this.resources.use(child)
  }

  private async startPods(network: PodNetwork, authority: TestCa): Promise<void> {
    const plans = new PlanCounter()
    const places = [
      [OUTSIDE, network.enterSwitch()] as const,
      ...this.scenario.proxies.map(proxy => [proxy.role, network.enterPod(proxy.role)] as const),
    ]
    for (const [name, prefix] of places) this.pods.set(name, this.resources.use(new PodProcess(name, prefix, plans)))
    await Promise.all([...this.pods.values()].map(pod => pod.whenReady()))
    for (const endpoint of this.scenario.endpoints) {
      const pod = podOfEndpoint(this.scenario, endpoint)
      const served = await this.served(endpoint, pod === null ? endpoint.ip : '0.0.0.0', authority)
      await this.pods.get(pod ?? OUTSIDE)?.serve([served])
    }
  }

  private async served(spec: EndpointSpec, bindAddress: string, authority: TestCa): Promise<ServedEndpoint> {
    const inTls = spec.listens.some(listen => listen.proto === 'https' || listen.proto === 'tls')
    if (!inTls) return { spec, bindAddress, certificate: null }
    const leaf = await authority.issue(certificateNames(this.scenario, spec))
    return { spec, bindAddress, certificate: { certificate: leaf.certificateChainPem, key: leaf.privateKeyPem } }
  }

  private async startProxy(index: number, network: PodNetwork, authority: TestCa, dataPlane: DataPlane, xdsSocket: string): Promise<void> {
    const proxy = this.scenario.proxies[index]
    if (proxy === undefined) return
    const folder = join(this.folder, proxy.role)
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    const sdsSocket = join(folder, 'sds.sock')
    this.resources.use(await SecretServer.start(proxy, authority, sdsSocket))
    const asProxyUser = ['setpriv', `--reuid=${PROXY_UID}`, `--regid=${PROXY_UID}`, '--clear-groups']
    const setting = { proxy, folder, xdsSocket, sdsSocket, prefix: [...network.enterPod(proxy.role), ...asProxyUser] }
    const child = dataPlane.start(setting)
    this.keep(child)
    await dataPlane.whenServing(child, setting)
  }

  private fixtureCertificate(name: string): { readonly certificate: string; readonly key: string } {
    return {
      certificate: readFileSync(this.fixtures.file(`${name}.crt`), 'utf8'),
      key: readFileSync(this.fixtures.file(`${name}.key`), 'utf8'),
    }
  }
}
