import { MeshError } from '@meshwork/core/result'
import type { Logger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import type { Command } from 'commander'
import { IssuedTls } from './serve/issued-tls.ts'
import { fileServerTls, type ServerTls } from './serve/server-tls.ts'

/** Where the certificate of the ports with TLS comes from: files, or citadel. */
export interface CertificateFlags {
  readonly tlsCertificate?: string
  readonly tlsKey?: string
  readonly tlsClientRoots?: string
  readonly caAddress?: string
  readonly caRoot: string
  readonly tokenFile: string
}

export interface CertificateNeeds {
  /** Whether some port asks clients for certificates. */
  readonly isSecureXds: boolean
  readonly trustDomain: string
  readonly environment: NodeJS.ProcessEnv
  readonly log: Logger
}

export function addCertificateFlags(command: Command): Command {
  return command
    .option('--tls-certificate <file>', 'PEM chain of the secure port and of the webhooks; read again when it changes')
    .option('--tls-key <file>', 'PEM key of the secure port and of the webhooks')
    .option('--tls-client-roots <file>', 'PEM roots whose client certificates the secure port takes')
    .option('--ca-address <address>', 'citadel, which issues the certificate instead of files')
    .option('--ca-root <file>', 'PEM roots to verify citadel with', '/var/run/secrets/istio/root-cert.pem')
    .option('--token-file <file>', 'token to show citadel', '/var/run/secrets/tokens/istio-token')
}

/** Throws FLAGS_INCOMPLETE, TLS_FILES_UNUSABLE. */
export function serverTlsOf(flags: CertificateFlags, needs: CertificateNeeds): Promise<ServerTls> {
  if (flags.caAddress !== undefined) return Promise.resolve(issuedTlsOf({ ...flags, caAddress: flags.caAddress }, needs))
  const { tlsCertificate: certificateChain, tlsKey: privateKey, tlsClientRoots: clientRoots } = flags
  const { isSecureXds, log } = needs
  if (certificateChain !== undefined && privateKey !== undefined && (clientRoots !== undefined || !isSecureXds)) {
    return fileServerTls({ certificateChain, privateKey, ...(clientRoots !== undefined && { clientRoots }) }, systemClock, log)
  }
  throw new MeshError('FLAGS_INCOMPLETE', `${isSecureXds ? '--secure-xds-address' : '--webhook-address'} needs a certificate`, {
    source: 'config',
    nextStep: `pass PEM files with --tls-certificate${isSecureXds ? ', --tls-key and --tls-client-roots' : ' and --tls-key'}, or --ca-address`,
  })
}

/** Who asks is said by the downward API. */
function issuedTlsOf(
  { caAddress, caRoot, tokenFile }: CertificateFlags & { readonly caAddress: string },
  { trustDomain, environment, log }: CertificateNeeds,
): IssuedTls {
  return new IssuedTls({
    trustDomain,
    namespace: environment['POD_NAMESPACE'] || 'istio-system',
    serviceAccount: environment['SERVICE_ACCOUNT'] || 'istiod',
    caAddress,
    caRootFile: caRoot,
    tokenFile,
    clock: systemClock,
    log,
  })
}
