import {
  bootstrap,
  cluster,
  http2Upstream,
  httpFilter,
  interceptingListener,
  type Json,
  originalDestination,
  type PairedService,
  StaticProxy,
  tcpFilter,
  tlsClient,
  tlsServer,
} from '@meshwork/testkit/bootstrap'
import { createTestCa, type TestCertificate } from '@meshwork/testkit/ca'
import { PodNetwork } from '@meshwork/testkit/net'

/** User of the proxies: the kernel leaves its connections alone. */
const UID = 1337
const [OUTBOUND, INBOUND] = [15_001, 15_006]
const [CLIENT, SERVER] = ['10.45.1.1', '10.45.1.2']
const ID = 'spiffe://cluster.local/ns/default/sa'

/** How each protocol is called in TLS between the proxies, and the cluster that carries it. */
const WAYS = {
  http1: { alpn: ['h2'], via: 'http', http2: true },
  http2: { alpn: ['h2'], via: 'http', http2: true },
  tcp: { alpn: ['meshwork-tcp'], via: 'tcp', http2: false },
} as const

/**
 * Two network namespaces, `a` for clients and `b` for servers, whose connections the kernel hands to a proxy in each. Between the
 * proxies all is mutual TLS. The applications know each other's addresses and nothing of a mesh.
 */
export class InterceptedPods implements AsyncDisposable {
  /** Address of the servers, as clients know it. */
  readonly server: string = SERVER
  private readonly network: PodNetwork
  private readonly proxies: StaticProxy[] = []

  private constructor(network: PodNetwork) {
    this.network = network
  }

  static async create(): Promise<InterceptedPods> {
    const interception = { proxyUid: UID, outboundPort: OUTBOUND, inboundPort: INBOUND, excludedInboundPorts: [] }
    const pods = [
      { name: 'a', address: CLIENT, interception },
      { name: 'b', address: SERVER, interception },
    ]
    return new InterceptedPods(await PodNetwork.create({ pods, plainAddresses: ['10.45.4.1'], prefixLength: 16, gateway: '10.45.0.1' }))
  }

  /** Words before a command that runs it where clients are, where servers are, or outside of both. */
  enter(place: 'clients' | 'servers' | 'outside'): readonly string[] {
    if (place === 'outside') return this.network.enterSwitch()
    return this.network.enterPod(place === 'clients' ? 'a' : 'b')
  }

  /** Starts the proxies for these services, which listen on 127.0.0.1 in the servers' namespace. */
  async startProxies(services: readonly PairedService[]): Promise<void> {
    const ca = await createTestCa()
    const [client, server] = await Promise.all([ca.issue(`${ID}/a`), ca.issue(`${ID}/b`)])
    const outbound = outboundProxy(services, client, ca.rootPem)
    this.proxies.push(await StaticProxy.start('outbound', outbound, { prefix: this.enter('clients'), uid: UID }))
    const inbound = inboundProxy(services, server, ca.rootPem)
    this.proxies.push(await StaticProxy.start('inbound', inbound, { prefix: this.enter('servers'), uid: UID }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.proxies.map(proxy => proxy[Symbol.asyncDispose]()))
    await this.network[Symbol.asyncDispose]()
  }
}

function outboundProxy(services: readonly PairedService[], certificate: TestCertificate, root: string): Json {
  const listener = interceptingListener(
    OUTBOUND,
    services.map(({ port, protocol }) => ({ port, filter: filterTo(WAYS[protocol].via, protocol) })),
  )
  const onward = [WAYS.http1, WAYS.tcp].map(({ via, alpn, http2 }) =>
    originalDestination(via, { transport_socket: tlsClient(certificate, alpn, root), ...(http2 ? http2Upstream : {}) }),
  )
  return bootstrap([listener], onward)
}

function inboundProxy(services: readonly PairedService[], certificate: TestCertificate, root: string): Json {
  const listener = interceptingListener(
    INBOUND,
    services.map(({ name, port, protocol }) => ({
      port,
      filter: filterTo(name, protocol),
      socket: tlsServer(certificate, WAYS[protocol].alpn, root),
    })),
  )
  const local = services.map(({ name, port, protocol }) => cluster(name, port, protocol === 'http2' ? http2Upstream : {}))
  return bootstrap([listener], local)
}

function filterTo(target: string, protocol: PairedService['protocol']): Json {
  return protocol === 'tcp' ? tcpFilter(target) : httpFilter(target, 'AUTO')
}
