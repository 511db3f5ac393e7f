import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js'

import type { Credentials } from '../attest/authenticator.ts'

/** What a call presents: `authorization: Bearer <token>` (or Istio's own word), and the certificate that TLS has verified. */
export function credentialsOf<Request, Response>(call: ServerUnaryCall<Request, Response>): Credentials {
  const { sslPeerCertificate } = call.getAuthContext()
  return { bearerToken: bearerTokenIn(call.metadata), clientCertificate: sslPeerCertificate?.raw }
}

function bearerTokenIn(metadata: Metadata): string | undefined {
  for (const value of metadata.get('authorization')) {
    const [, token] = /^(?:bearer|istio)\s+(\S+)\s*$/i.exec(value.toString()) ?? []
    if (token !== undefined) return token
  }
  return undefined
}
