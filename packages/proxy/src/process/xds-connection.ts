import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { type ChannelCredentials, credentials, Metadata } from '@grpc/grpc-js'
import { formatSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { messageOf } from '@meshwork/core/result'
import type { ClientTransport, ClientTransportEvents } from '@meshwork/xds/client'
import { type AdsConnection, connectAds } from '@meshwork/xds/grpc'
import type { XdsTrust } from '../bootstrap/proxy-options.ts'
import type { CertificateMaterial } from '../tls/secrets.ts'

export interface XdsConnectionOptions {
  readonly address: SocketAddress
  /** null: plain text. */
  readonly trust: XdsTrust | null
  /** What the proxy shows for itself; null while it has none. */
  readonly certificate: () => CertificateMaterial | null
}

/** A name that the control plane's certificate has; asked for where the address is none. */
const CONTROL_PLANE_NAME = 'istiod.istio-system.svc'

/** The way to the control plane. */
export function xdsConnection({ address, trust, certificate }: XdsConnectionOptions): AdsConnection {
  const target = formatSocketAddress(address)
  return trust === null ? connectAds(target) : securedAds(target, address, trust, certificate)
}

/**
 * Each stream has a connection of its own, with the roots, the certificate and the token of that moment: all three are replaced
 * while the proxy runs, and streams last for hours.
 */
function securedAds(
  target: string,
  address: SocketAddress,
  trust: XdsTrust,
  certificate: XdsConnectionOptions['certificate'],
): AdsConnection {
  const open = (variant: 'sotw' | 'delta', events: ClientTransportEvents): ClientTransport => {
    let connection: AdsConnection
    try {
      connection = connectAds(target, { credentials: credentialsNow(trust, certificate()), ...serverNameOf(address) })
    } catch (error) {
      return neverOpened(events, messageOf(error))
    }
    const transport = connection.open(variant, {
      received: response => events.received(response),
      closed: reason => {
        connection.close()
        events.closed(reason)
      },
    })
    return {
      send: request => transport.send(request),
      close: () => {
        transport.close()
        connection.close()
      },
    }
  }
  return { open, close: () => undefined }
}

function credentialsNow({ rootFile, tokenFile }: XdsTrust, own: CertificateMaterial | null): ChannelCredentials {
  const roots = readFileSync(rootFile)
  const channel =
    own === null
      ? credentials.createSsl(roots)
      : credentials.createSsl(roots, Buffer.from(own.privateKeyPem), Buffer.from(own.certificateChainPem))
  if (tokenFile === null) return channel
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`)
  return credentials.combineChannelCredentials(
    channel,
    credentials.createFromMetadataGenerator((_, take) => take(null, metadata)),
  )
}

/** Node takes no address for a TLS server name. */
function serverNameOf(address: SocketAddress): { readonly serverName?: string } {
  return address.kind === 'unix' || isIP(address.host) !== 0 ? { serverName: CONTROL_PLANE_NAME } : {}
}

function neverOpened(events: ClientTransportEvents, reason: string): ClientTransport {
  let isClosed = false
  queueMicrotask(() => {
    if (!isClosed) events.closed(reason)
  })
  return {
    send: () => undefined,
    close: () => {
      isClosed = true
    },
  }
}
