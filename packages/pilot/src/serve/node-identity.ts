import { X509Certificate } from 'node:crypto'
import { parseSpiffeId, type SpiffeId, spiffeId } from '@meshwork/core/ids'
import type { TokenAuthenticator } from '@meshwork/core/ports'
import { err, ok, type Result } from '@meshwork/core/result'
import { parseCertificateDer, spiffeIdOf } from '@meshwork/core/x509'
import type { ClientCredentials } from '@meshwork/xds/grpc'
import type { StreamFailure, StreamPeer } from '@meshwork/xds/server'
import type { ProxyNode } from '../view/proxy-node.ts'

/** A node may be nobody but the workload that its certificate or token names: namespace, and service account if it says one. */
export function checkNodeIdentity(node: ProxyNode, peer: StreamPeer): Result<undefined, StreamFailure> {
  if (peer.proof === 'none') return ok(undefined)
  const mine = peer.identities.some(
    ({ namespace, serviceAccount }) =>
      namespace === node.namespace && (node.serviceAccount === '' || node.serviceAccount === serviceAccount),
  )
  if (mine) return ok(undefined)
  const proved = peer.identities.map(({ uri }) => uri).join(', ') || 'nobody'
  const claimed = `a workload of namespace '${node.namespace}'${node.serviceAccount === '' ? '' : ` with service account '${node.serviceAccount}'`}`
  return err({ code: 'PERMISSION_DENIED', message: `node '${node.id}' says it is ${claimed}, but its ${peer.proof} is for ${proved}` })
}

/**
 * Whether keys may go to a client: one that has proved who it is, or that comes by a socket in the file system, whose permissions
 * are the proof. In plain text anybody could ask for the keys of any gateway, and anybody could read them.
 */
export function mayHoldKeys({ proof, address }: StreamPeer): boolean {
  return proof !== 'none' || address === ''
}

export interface ClientProofOptions {
  readonly trustDomain: string
  /** Checks tokens of clients without a certificate; null: a certificate is needed. */
  readonly tokens: TokenAuthenticator | null
}

/** Who a client of the port with TLS is: by its certificate, else by its token. */
export function clientProof(options: ClientProofOptions): (credentials: ClientCredentials) => Promise<Result<StreamPeer, string>> {
  const { trustDomain, tokens } = options
  return async ({ certificate, bearerToken, address }) => {
    if (certificate !== null) return certificateProof(certificate, trustDomain, address)
    if (tokens === null || bearerToken === null) return err(`a certificate${tokens === null ? '' : ', or a token,'} is needed`)
    const account = await tokens.authenticate(bearerToken)
    if (account.kind === 'err') return err(`token: ${account.error}`)
    const identity = spiffeId(trustDomain, account.value.namespace, account.value.name)
    return identity.kind === 'err' ? err(`token: ${identity.error}`) : ok({ proof: 'token', identities: [identity.value], address })
  }
}

function certificateProof(der: Uint8Array, trustDomain: string, address: string): Result<StreamPeer, string> {
  const identity = identityIn(der)
  if (identity.kind === 'err') return err(`certificate: ${identity.error}`)
  if (identity.value.trustDomain !== trustDomain)
    return err(`certificate: trust domain '${identity.value.trustDomain}' is not '${trustDomain}'`)
  return ok({ proof: 'certificate', identities: [identity.value], address })
}

/**
 * Of a certificate that TLS has verified only the names are needed, which OpenSSL reads a hundred times faster than the parser that
 * shows everything: with thousands of proxies that come at once it is the larger part of the time. Quoted names have something to hide.
 */
function identityIn(der: Uint8Array): Result<SpiffeId, string> {
  const names = new X509Certificate(der).subjectAltName ?? ''
  const uris = names.split(', ').filter(name => name.startsWith('URI:'))
  const [uri, second] = uris
  if (!names.includes('"') && uri !== undefined && second === undefined) return parseSpiffeId(uri.slice('URI:'.length))
  const certificate = parseCertificateDer(der)
  return certificate.kind === 'err' ? certificate : spiffeIdOf(certificate.value)
}
