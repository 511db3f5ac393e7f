import type { SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import { GrpcListener } from '@meshwork/core/serve'
import type { Clock } from '@meshwork/core/time'
import { serveAds } from '@meshwork/xds/grpc'
import type { XdsServer } from '@meshwork/xds/server'

/** Pings so that a proxy behind a dead network is noticed, in milliseconds. */
const KEEPALIVE_MS = 30_000
const CLOSE_GRACE_MS = 500

/** The gRPC ports of the control plane. */
export class XdsListener implements Runner {
  readonly name = 'xds'
  private readonly xds: XdsServer
  private readonly listener: GrpcListener

  constructor(xds: XdsServer, addresses: readonly SocketAddress[], clock: Clock) {
    this.xds = xds
    this.listener = new GrpcListener({
      name: 'xds',
      addresses,
      flag: '--xds-address',
      limits: { 'grpc.keepalive_time_ms': KEEPALIVE_MS, 'grpc.so_reuseport': 0 },
      graceMs: CLOSE_GRACE_MS,
      clock,
      addServices: server => serveAds(server, xds, { identifier: 'meshwork-pilot' }),
    })
  }

  /** Ports in the order of the addresses; 0 for sockets in the file system. */
  get ports(): readonly number[] {
    return this.listener.ports
  }

  start(): Promise<void> {
    return this.listener.start()
  }

  /** Streams of proxies never end by themselves. */
  close(): Promise<void> {
    this.xds.close()
    return this.listener.close()
  }
}
