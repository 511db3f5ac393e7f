import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'

import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { formatSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { err, messageOf, ok, type Result } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { type Certificate, chainPem, parseCertificateChain } from '@meshwork/core/x509'
import {
  IstioCertificateRequest,
  type IstioCertificateResponse,
  IstioCertificateServiceClient,
} from '@meshwork/protos/istio/security/v1alpha1/ca'

import type { CertificateAuthority, SignedCertificate } from './certificate-authority.ts'
import type { IdentityFailure } from './identity-state.ts'

export interface CitadelAuthorityOptions {
  readonly address: SocketAddress
  /** Roots to verify the authority with, PEM. Read for each request, like the token: both may be replaced at any time. */
  readonly rootFile: string
  readonly tokenFile: string
  /** Seconds; 0 leaves the lifetime to the authority. */
  readonly requestedSeconds: number
  readonly clock: Clock
}

/** Name that the authority's certificate carries; used when the address is not a name itself. */
const AUTHORITY_NAME = 'istiod.istio-system.svc'
/** As Istio's agent. */
const DEADLINE_MS = 10_000
const MAX_RESPONSE_BYTES = 262_144

/** Asks citadel over TLS, with the workload's token. Each request has a connection of its own: there are two a day. */
export class CitadelAuthority implements CertificateAuthority {
  private readonly options: CitadelAuthorityOptions

  constructor(options: CitadelAuthorityOptions) {
    this.options = options
  }

  async sign(csrPem: string, signal: AbortSignal): Promise<Result<SignedCertificate, IdentityFailure>> {
    const files = await this.readFiles()
    if (files.kind === 'err') return files
    const { root, token } = files.value
    const reply = await this.call(csrPem, root, token, signal)
    return reply.kind === 'ok' ? splitChain(reply.value.certChain.join('\n'), root) : reply
  }

  private async readFiles(): Promise<Result<{ root: string; token: string }, IdentityFailure>> {
    try {
      const [root, token] = await Promise.all([readFile(this.options.rootFile, 'utf8'), readFile(this.options.tokenFile, 'utf8')])
      return ok({ root, token: token.trim() })
    } catch (error) {
      return err({ kind: 'local', message: messageOf(error) })
    }
  }

  private async call(
    csr: string,
    root: string,
    token: string,
    signal: AbortSignal,
  ): Promise<Result<IstioCertificateResponse, IdentityFailure>> {
    const { address, requestedSeconds, clock } = this.options
    const metadata = new Metadata()
    metadata.set('authorization', `Bearer ${token}`)
    const client = new IstioCertificateServiceClient(formatSocketAddress(address), credentials.createSsl(Buffer.from(root)), {
      ...(needsName(address) ? { 'grpc.ssl_target_name_override': AUTHORITY_NAME } : {}),
      'grpc.max_receive_message_length': MAX_RESPONSE_BYTES,
      'grpc.use_local_subchannel_pool': 1,
      // A mesh machine has `http_proxy` set for its applications; the way to citadel never leads through that.
      'grpc.enable_http_proxy': 0,
    })
    const request = IstioCertificateRequest.fromPartial({ csr, validityDuration: BigInt(requestedSeconds) })
    const { promise, resolve } = Promise.withResolvers<Result<IstioCertificateResponse, IdentityFailure>>()
    const call = client.createCertificate(request, metadata, (error, response) =>
      resolve(error === null ? ok(response) : err(failureOf(error))),
    )
    const giveUp = (): void => call.cancel()
    const timer = clock.after(DEADLINE_MS, giveUp)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await promise
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', giveUp)
      client.close()
    }
  }
}

/** Node takes no address for a TLS server name. */
function needsName(address: SocketAddress): boolean {
  return address.kind === 'unix' || isIP(address.host) !== 0
}

const NO_ANSWER: readonly status[] = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED]

function failureOf(error: ServiceError): IdentityFailure {
  const kind = NO_ANSWER.includes(error.code) ? 'unreachable' : 'refused'
  return { kind, message: `${status[error.code] ?? error.code}: ${error.details}` }
}

/** The self-signed certificates of the answer are the roots (the mesh's bundle, also during a rotation), the rest is the chain. */
function splitChain(pem: string, bootstrapRoot: string): Result<SignedCertificate, IdentityFailure> {
  const parsed = parseCertificateChain(pem)
  if (parsed.kind === 'err') return err({ kind: 'invalid', message: `the authority's answer: ${parsed.error}` })
  const isRoot = (certificate: Certificate): boolean => certificate.isCa && certificate.native.checkIssued(certificate.native)
  const roots = parsed.value.filter(isRoot)
  const chain = parsed.value.filter(certificate => !isRoot(certificate))
  return ok({ chainPem: chainPem(chain), rootsPem: roots.length === 0 ? bootstrapRoot : chainPem(roots) })
}
