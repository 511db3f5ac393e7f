import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { CsrRequest, type CsrResponse, IstioCAServiceClient } from '@meshwork/protos/istio/security/v1/ca_service'
import {
  IstioCertificateRequest,
  type IstioCertificateResponse,
  IstioCertificateServiceClient,
} from '@meshwork/protos/istio/security/v1alpha1/ca'

/** Node refuses addresses as TLS server names. */
const SERVER_NAME = { 'grpc.ssl_target_name_override': 'istiod.istio-system.svc' }

/** A citadel, wherever it runs. */
export interface CitadelEndpoint {
  /** `host:port` */
  readonly address: string
  readonly rootPem: string
}

export type Reply<T> = { readonly code: 0; readonly value: T } | { readonly code: number; readonly details: string }

export interface CallOptions {
  readonly token?: string | undefined
  readonly seconds?: bigint
  /** A client certificate to show, PEM. */
  readonly identity?: { readonly certificate: string; readonly key: string }
}

/** Calls today's API. */
export function createCertificate(
  endpoint: CitadelEndpoint,
  csr: string,
  options: CallOptions = {},
): Promise<Reply<IstioCertificateResponse>> {
  const client = new IstioCertificateServiceClient(endpoint.address, channelCredentials(endpoint, options), SERVER_NAME)
  const request = IstioCertificateRequest.fromPartial({ csr, validityDuration: options.seconds ?? 0n })
  return reply(
    done => client.createCertificate(request, metadata(options), done),
    () => client.close(),
  )
}

/** Calls 1.0's API. */
export function handleCsr(
  endpoint: CitadelEndpoint,
  csr: string,
  options: CallOptions & { readonly minutes?: number } = {},
): Promise<Reply<CsrResponse>> {
  const client = new IstioCAServiceClient(endpoint.address, channelCredentials(endpoint, options), SERVER_NAME)
  const request = CsrRequest.fromPartial({ csrPem: Buffer.from(csr), requestedTtlMinutes: options.minutes ?? 0 })
  return reply(
    done => client.handleCsr(request, metadata(options), done),
    () => client.close(),
  )
}

function channelCredentials({ rootPem }: CitadelEndpoint, { identity }: CallOptions): ReturnType<typeof credentials.createSsl> {
  const root = Buffer.from(rootPem)
  return identity === undefined
    ? credentials.createSsl(root)
    : credentials.createSsl(root, Buffer.from(identity.key), Buffer.from(identity.certificate))
}

function metadata({ token }: CallOptions): Metadata {
  const result = new Metadata()
  if (token !== undefined) result.set('authorization', `Bearer ${token}`)
  return result
}

function reply<T>(call: (done: (error: ServiceError | null, value: T) => void) => unknown, after: () => void): Promise<Reply<T>> {
  return new Promise(resolve => {
    call((error, value) => {
      after()
      resolve(error === null ? { code: 0, value } : { code: error.code, details: error.details })
    })
  })
}
