import { once } from 'node:events'
import { createServer, type Server } from 'node:tls'

import type { TestCertificate } from '@meshwork/testkit/ca'

/** A TLS server that answers every request with 200 and remembers how much plain text it was given. */
export class TlsWorkload implements AsyncDisposable {
  /** Bytes of requests after decryption. */
  received = 0
  /** Connections begun, whether their handshake was completed or not. */
  connections = 0
  port = 0
  private readonly server: Server

  private constructor(certificate: TestCertificate, rootPem: string) {
    this.server = createServer(
      {
        cert: certificate.certificateChainPem,
        key: certificate.privateKeyPem,
        ca: rootPem,
        requestCert: true,
        ALPNProtocols: ['istio', 'istio-http/1.1', 'http/1.1'],
      },
      socket => {
        socket.on('error', () => undefined)
        socket.on('data', part => {
          this.received += part.length
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
        })
      },
    )
    this.server.on('connection', () => this.connections++)
    this.server.on('tlsClientError', () => undefined)
  }

  static async listen(certificate: TestCertificate, rootPem: string): Promise<TlsWorkload> {
    const workload = new TlsWorkload(certificate, rootPem)
    workload.server.listen(0, '127.0.0.1')
    await once(workload.server, 'listening')
    const address = workload.server.address()
    workload.port = typeof address === 'object' && address !== null ? address.port : 0
    return workload
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close()
    await Promise.resolve()
  }
}
