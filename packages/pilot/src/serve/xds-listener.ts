import type { SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { TokenAuthenticator } from '@meshwork/core/ports'
import type { Clock } from '@meshwork/core/time'
import { DiscoveryListener, type ListenerTls } from '@meshwork/xds/grpc'
import type { XdsServer } from '@meshwork/xds/server'
import { clientProof } from './node-identity.ts'

/** Pings so that a proxy behind a dead network is noticed, in milliseconds. */
const KEEPALIVE_MS = 30_000
const CLOSE_GRACE_MS = 500
const IDENTIFIER = 'meshwork-pilot'

/** The ports where clients prove who they are. */
export interface SecurePorts {
  readonly addresses: readonly SocketAddress[]
  readonly tls: ListenerTls
  readonly trustDomain: string
  /** null: only certificates count. */
  readonly tokens: TokenAuthenticator | null
}

export interface XdsListenerOptions {
  readonly xds: XdsServer
  /** Plain text, for loopback (docs/decisions/0003). */
  readonly addresses: readonly SocketAddress[]
  readonly secure: SecurePorts | null
  readonly clock: Clock
  readonly sendTimedOut: () => void
}

/** The gRPC ports of the control plane. */
export class XdsListener implements Runner {
  readonly name = 'xds'
  private readonly xds: XdsServer
  private readonly plain: DiscoveryListener
  private readonly secure: DiscoveryListener | null

  constructor(options: XdsListenerOptions) {
    const { xds, addresses, secure, clock, sendTimedOut } = options
    const shared = { xds, identifier: IDENTIFIER, clock, sendTimedOut, keepaliveMs: KEEPALIVE_MS, graceMs: CLOSE_GRACE_MS }
    this.xds = xds
    this.plain = new DiscoveryListener({ ...shared, name: 'xds', addresses, flag: '--xds-address', tls: null })
    this.secure =
      secure === null
        ? null
        : new DiscoveryListener({
            ...shared,
            name: 'secure xds',
            addresses: secure.addresses,
            flag: '--secure-xds-address',
            tls: secure.tls,
            authenticate: clientProof(secure),
          })
  }

  /** Ports in the order of the addresses; 0 for sockets in the file system. */
  get ports(): readonly number[] {
    return this.plain.ports
  }

  get securePorts(): readonly number[] {
    return this.secure?.ports ?? []
  }

  replaceTls(tls: ListenerTls): void {
    this.secure?.replaceTls(tls)
  }

  async start(): Promise<void> {
    await this.plain.start()
    await this.secure?.start()
  }

  /** Streams of proxies never end by themselves. */
  async close(): Promise<void> {
    this.xds.close()
    await Promise.all([this.plain.close(), this.secure?.close()])
  }
}
