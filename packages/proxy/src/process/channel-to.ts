import type { ConnectOptions } from '@meshwork/xds/grpc'
import type { DiscoveryServer } from '../decode/index.ts'
import { controlPlaneCredentials } from '../tls/control-plane-credentials.ts'
import type { SecretProvider } from '../tls/secrets.ts'

/** How a channel to a discovery server is secured. */
export function channelTo({ address, tls }: DiscoveryServer, secrets: SecretProvider): { readonly connect?: ConnectOptions } {
  if (tls === null) return {}
  // A channel asks for the host of its address, which an IP address may not be (RFC 6066 3).
  const serverName = tls.sni === '' && /^(unix:|\[|\d+\.\d+\.\d+\.\d+:)/.test(address) ? 'control-plane' : tls.sni
  return { connect: { credentials: controlPlaneCredentials(tls, secrets), ...(serverName === '' ? {} : { serverName }) } }
}
