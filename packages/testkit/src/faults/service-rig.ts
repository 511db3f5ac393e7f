import { admin, bootstrap, cluster, httpFilter, type Json, listener, ProxyAdmin, type ProxyPlace, StaticProxy } from '../bootstrap/index.ts'
import { freePorts } from '../net/index.ts'
import type { BackendOptions } from './backend-messages.ts'
import { BackendProcess, type SeenRequest } from './backend-process.ts'

export interface ServiceRigOptions {
  /** How many backends there are. */
  readonly backends: number
  /** How all of them behave. */
  readonly backend?: Partial<BackendOptions>
  /** Added to the cluster `service`. */
  readonly cluster?: Json
  /** Added to the route's action. */
  readonly action?: Json
  /** In place of the connection manager. */
  readonly filter?: Json
  /** Added to the connection manager. */
  readonly manager?: Json
  /** Added to the listener. */
  readonly listener?: Json
  /** Added to the bootstrap. */
  readonly bootstrap?: Json
  /** Where the proxy runs. Default: as the test does. */
  readonly place?: ProxyPlace
  /** The port at which the proxy finds a backend, for example that of a relay before it. Default: the backend's own. */
  readonly portOf?: (backend: BackendProcess, index: number) => number | Promise<number>
}

/** A service of several backends behind one proxy, all of them processes. */
export class ServiceRig implements AsyncDisposable {
  /** Port of 127.0.0.1 where requests for the service go in. */
  readonly entry: number
  readonly backends: readonly BackendProcess[]
  readonly admin: ProxyAdmin
  readonly proxy: StaticProxy

  private constructor(entry: number, backends: readonly BackendProcess[], adminOf: ProxyAdmin, proxy: StaticProxy) {
    this.entry = entry
    this.backends = backends
    this.admin = adminOf
    this.proxy = proxy
  }

  static async start(options: ServiceRigOptions): Promise<ServiceRig> {
    const backends = await BackendProcess.startAll(options.backends, options.backend)
    const portOf = options.portOf ?? (backend => backend.port)
    const ports = await Promise.all(backends.map(async (backend, index) => portOf(backend, index)))
    const [entry = 0, adminPort = 0] = await freePorts(2)
    const filter = options.filter ?? httpFilter('service', 'AUTO', options.action, options.manager)
    const listeners = [{ ...listener(entry, filter), ...options.listener }]
    const more = { ...admin(adminPort), ...options.bootstrap }
    const config = bootstrap(listeners, [cluster('service', ports, options.cluster)], more)
    const proxy = await StaticProxy.start('proxy', config, options.place)
    return new ServiceRig(entry, backends, new ProxyAdmin(adminPort, proxy.child.pid ?? 0), proxy)
  }

  /** Of the proxy. */
  get pid(): number {
    return this.proxy.child.pid ?? 0
  }

  /** Every request that reached a backend. */
  seen(): readonly SeenRequest[] {
    return this.backends.flatMap(({ seen }) => seen)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.proxy[Symbol.asyncDispose](), ...this.backends.map(backend => backend.kill())])
  }
}
