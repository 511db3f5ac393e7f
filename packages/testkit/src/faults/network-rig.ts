import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { bootstrap, cluster, httpFilter, type Json, listener, ProxyAdmin, socketAddress, StaticProxy } from '../bootstrap/index.ts'
import { PodNetwork, runCommand } from '../net/index.ts'
import { BackendProcess } from './backend-process.ts'
import type { CountedLoadOptions } from './counted-load.ts'
import { LoadProcess } from './load-process.ts'

export interface NetworkRigOptions {
  readonly backends: number
  /** Added to the cluster `service`. */
  readonly cluster?: Json
  /** Added to the route's action. */
  readonly action?: Json
}

const ENTRY = 8000
const BACKEND = 8080
const [PREFIX, GATEWAY] = ['10.47.1', '10.47.0.1']

/** A service whose backends have a network namespace each, so that packets to them can be lost; proxy and load are in another one. */
export class NetworkRig implements AsyncDisposable {
  readonly backends: readonly BackendProcess[]
  readonly network: PodNetwork
  private readonly admin: ProxyAdmin
  private readonly folder: string
  private readonly proxy: StaticProxy

  private constructor(network: PodNetwork, backends: readonly BackendProcess[], proxy: StaticProxy, folder: string) {
    this.network = network
    this.backends = backends
    this.proxy = proxy
    this.folder = folder
    this.admin = new ProxyAdmin(adminSocket(folder), proxy.child.pid ?? 0)
  }

  static async start(options: NetworkRigOptions): Promise<NetworkRig> {
    const hosts = Array.from({ length: options.backends }, (_, index) => hostOf(index))
    const pods = hosts.map((address, index) => ({ name: podName(index), address, interception: null }))
    const network = await PodNetwork.create({ pods, plainAddresses: [], prefixLength: 16, gateway: GATEWAY })
    const backends = await Promise.all(
      hosts.map((host, index) => BackendProcess.start({ name: `backend-${index}`, host, port: BACKEND }, network.enterPod(podName(index)))),
    )
    const lb_endpoints = hosts.map(host => ({ endpoint: { address: socketAddress(BACKEND, host) } }))
    const load_assignment = { cluster_name: 'service', endpoints: [{ lb_endpoints }] }
    // A Unix socket: those know no network namespaces.
    const folder = mkdtempSync(join(tmpdir(), 'meshwork-rig-'))
    const adminAt = { admin: { address: { pipe: { path: adminSocket(folder) } } } }
    const config = bootstrap(
      [listener(ENTRY, httpFilter('service', 'AUTO', options.action))],
      [cluster('service', [], { load_assignment, ...options.cluster })],
      adminAt,
    )
    const proxy = await StaticProxy.start('proxy', config, { prefix: network.enterSwitch(), uid: process.getuid?.() ?? 0 })
    return new NetworkRig(network, backends, proxy, folder)
  }

  load(options: Omit<CountedLoadOptions, 'port'>): Promise<LoadProcess> {
    return LoadProcess.start({ ...options, port: ENTRY }, this.network.enterSwitch())
  }

  /** Loses packets of a backend, both ways: all, or this part of them (0 to 1). */
  async losePackets(backend: number, part: number): Promise<void> {
    const some = part >= 1 ? [] : ['-m', 'statistic', '--mode', 'random', '--probability', String(part)]
    for (const chain of ['INPUT', 'OUTPUT']) {
      await runCommand([...this.network.enterPod(podName(backend)), 'iptables', '-A', chain, ...some, '-j', 'DROP'])
    }
  }

  /** Whether the proxy left this backend out. */
  ejected(backend: number): Promise<boolean> {
    return this.admin.ejected(BACKEND, hostOf(backend))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.proxy[Symbol.asyncDispose](), ...this.backends.map(backend => backend.kill())])
    await this.network[Symbol.asyncDispose]()
    rmSync(this.folder, { recursive: true })
  }
}

function adminSocket(folder: string): string {
  return join(folder, 'admin.sock')
}

function hostOf(index: number): string {
  return `${PREFIX}.${index + 1}`
}

function podName(index: number): string {
  return `b${index}`
}
