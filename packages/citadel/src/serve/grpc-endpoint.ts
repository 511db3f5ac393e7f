import { experimental } from '@grpc/grpc-js'
import type { SocketAddress } from '@meshwork/core/ids'
import { GrpcListener } from '@meshwork/core/serve'
import type { Clock } from '@meshwork/core/time'
import { IstioCAServiceService } from '@meshwork/protos/istio/security/v1/ca_service'
import { IstioCertificateServiceService } from '@meshwork/protos/istio/security/v1alpha1/ca'

import type { AuthoritySlots } from '../ca/slots.ts'
import { certificateService } from './certificate-service.ts'
import { csrService } from './csr-service.ts'
import type { Issuance } from './issuance.ts'
import type { ServerCertificate } from './server-certificate.ts'

export interface GrpcEndpointOptions {
  readonly address: SocketAddress
  readonly issuance: Issuance
  readonly slots: () => AuthoritySlots
  readonly certificate: ServerCertificate
  readonly clock: Clock
}

/** A request of the largest key allowed is far below this. */
const MAX_MESSAGE_BYTES = 65_536
const MAX_STREAMS_PER_CONNECTION = 100

/** Both certificate APIs over TLS. Clients may show a certificate; one that the mesh's roots did not sign counts as none. */
export function grpcEndpoint({ address, issuance, slots, certificate, clock }: GrpcEndpointOptions): GrpcListener {
  return new GrpcListener({
    name: 'grpc',
    addresses: [address],
    flag: '--address',
    // grpc-js names its first two parameters the wrong way round: the server's own certificate comes first.
    credentials: experimental.createCertificateProviderServerCredentials(certificate, certificate, false),
    limits: { 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES, 'grpc.max_concurrent_streams': MAX_STREAMS_PER_CONNECTION },
    // A workload asks again.
    graceMs: 0,
    clock,
    addServices: server => {
      server.addService(IstioCertificateServiceService, certificateService(issuance, slots))
      server.addService(IstioCAServiceService, csrService(issuance))
    },
  })
}
