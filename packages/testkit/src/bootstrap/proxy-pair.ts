import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import { createTestCa, type TestCertificate } from '../ca/index.ts'
import { freePorts } from '../net/index.ts'

import { bootstrap, cluster, http2Upstream, httpFilter, type Json, listener, tcpFilter, tlsClient, tlsServer } from './resources.ts'
import { StaticProxy } from './static-proxy.ts'

/** An application behind the pair, and what it speaks. HTTP/1.1 goes through a tunnel between the proxies. */
export interface PairedService {
  readonly name: string
  readonly port: number
  readonly protocol: 'http1' | 'http2' | 'tcp'
}

interface Hop {
  readonly service: PairedService
  readonly entry: number
  readonly middle: number
}

/** Two proxies in a row: plain in, mutual TLS between them, plain out. */
export class ProxyPair implements AsyncDisposable {
  /** What the near proxy shows to the far one. */
  readonly clientCertificate: TestCertificate
  private readonly hops: readonly Hop[]
  private readonly proxies: readonly StaticProxy[]

  private constructor(hops: readonly Hop[], proxies: readonly StaticProxy[], clientCertificate: TestCertificate) {
    this.clientCertificate = clientCertificate
    this.hops = hops
    this.proxies = proxies
  }

  static async start(services: readonly PairedService[]): Promise<ProxyPair> {
    const ports = await freePorts(services.length * 2)
    const hops = services.map((service, index) => ({ service, entry: ports[index * 2] ?? 0, middle: ports[index * 2 + 1] ?? 0 }))
    const ca = await createTestCa()
    const [client, server] = await Promise.all([ca.issue(`${ID}/client`), ca.issue(`${ID}/server`)])
    const near = await StaticProxy.start('near', nearProxy(hops, client, ca.rootPem))
    try {
      return new ProxyPair(hops, [near, await StaticProxy.start('far', farProxy(hops, server, ca.rootPem))], client)
    } catch (error) {
      await near[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Port of 127.0.0.1 where clients of the service connect. */
  entry(service: string): number {
    return this.hop(service).entry
  }

  /** Port of 127.0.0.1 where the far proxy takes the service's traffic from the near one. */
  middle(service: string): number {
    return this.hop(service).middle
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.proxies.map(proxy => proxy[Symbol.asyncDispose]()))
  }

  private hop(service: string): Hop {
    const found = this.hops.find(hop => hop.service.name === service)
    if (found === undefined) throw new Error(`no service ${service}`)
    return found
  }
}

const ID = 'spiffe://cluster.local/ns/default/sa'

function nearProxy(hops: readonly Hop[], certificate: TestCertificate, root: string): Json {
  const listeners = hops.map(({ service, entry }) => listener(entry, filterOf(service)))
  const clusters = hops.map(({ service, middle }) => {
    const transport_socket = tlsClient(certificate, alpnOf(service), root)
    return cluster(service.name, middle, { transport_socket, ...(service.protocol === 'http2' ? http2Upstream : {}) })
  })
  return bootstrap(listeners, clusters)
}

function farProxy(hops: readonly Hop[], certificate: TestCertificate, root: string): Json {
  const listeners = hops.map(({ service, middle }) => listener(middle, filterOf(service), tlsServer(certificate, alpnOf(service), root)))
  const clusters = hops.map(({ service }) => cluster(service.name, service.port, service.protocol === 'http2' ? http2Upstream : {}))
  return bootstrap(listeners, clusters)
}

function filterOf(service: PairedService): Json {
  return service.protocol === 'tcp' ? tcpFilter(service.name) : httpFilter(service.name, 'AUTO')
}

function alpnOf(service: PairedService): readonly string[] {
  switch (service.protocol) {
    case 'tcp':
      return ['meshwork-tcp']
    case 'http2':
      return ['h2']
    case 'http1':
      return [TUNNEL_PROTOCOL, 'http/1.1']
  }
}
