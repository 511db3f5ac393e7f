import { experimental, Server } from '@grpc/grpc-js'
import { formatSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import { IstioCAServiceService } from '@meshwork/protos/istio/security/v1/ca_service'
import { IstioCertificateServiceService } from '@meshwork/protos/istio/security/v1alpha1/ca'

import type { AuthoritySlots } from '../ca/slots.ts'
import { certificateService } from './certificate-service.ts'
import { csrService } from './csr-service.ts'
import type { Issuance } from './issuance.ts'
import { listenFailure } from './listen-failure.ts'
import type { ServerCertificate } from './server-certificate.ts'

export interface GrpcEndpointOptions {
  readonly address: SocketAddress
  readonly issuance: Issuance
  readonly slots: () => AuthoritySlots
  readonly certificate: ServerCertificate
}

/** A request of the largest key allowed is far below this. */
const MAX_MESSAGE_BYTES = 65_536
const MAX_STREAMS_PER_CONNECTION = 100

/** Both certificate APIs over TLS. Clients may show a certificate; one that the mesh's roots did not sign counts as none. */
export class GrpcEndpoint implements Runner {
  readonly name: string = 'grpc'
  private readonly options: GrpcEndpointOptions
  private readonly server: Server

  constructor(options: GrpcEndpointOptions) {
    this.options = options
    this.server = new Server({
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_concurrent_streams': MAX_STREAMS_PER_CONNECTION,
    })
    this.server.addService(IstioCertificateServiceService, certificateService(options.issuance, options.slots))
    this.server.addService(IstioCAServiceService, csrService(options.issuance))
  }

  /** The port in use, also when the system chose it. */
  port = 0

  start(): Promise<void> {
    const { address, certificate } = this.options
    // grpc-js names its first two parameters the wrong way round: the server's own certificate comes first.
    const credentials = experimental.createCertificateProviderServerCredentials(certificate, certificate, false)
    return new Promise((resolve, reject) => {
      this.server.bindAsync(formatSocketAddress(address), credentials, (error, port) => {
        if (error !== null) return reject(listenFailure(error, address, '--address'))
        this.port = port
        return resolve()
      })
    })
  }

  close(): Promise<void> {
    this.server.forceShutdown()
    return Promise.resolve()
  }
}
