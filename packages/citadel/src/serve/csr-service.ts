import { status } from '@grpc/grpc-js'
import { ok } from '@meshwork/core/result'
import { chainPem } from '@meshwork/core/x509'
import { CsrResponse, type IstioCAServiceServer } from '@meshwork/protos/istio/security/v1/ca_service'

import { credentialsOf } from './call-credentials.ts'
import type { Issuance } from './issuance.ts'
import { unaryHandler } from './unary-handler.ts'

/**
 * Istio 1.0's API: `istio.v1.auth.IstioCAService`. The root is not in the answer: agents of that age have it as a file.
 * `node_agent_credential` is not looked at: identity comes from the token or the client certificate.
 */
export function csrService(issuance: Issuance): IstioCAServiceServer {
  return {
    handleCsr: unaryHandler(async call => {
      const issued = await issuance.issue({
        api: 'HandleCSR',
        peer: call.getPeer(),
        credentials: credentialsOf(call),
        csrPem: Buffer.from(call.request.csrPem).toString('latin1'),
        requestedSeconds: BigInt(call.request.requestedTtlMinutes) * 60n,
      })
      if (issued.kind === 'err') return issued
      const { certificate, intermediates } = issued.value
      const answer = { signedCert: Buffer.from(certificate.pem), certChain: Buffer.from(chainPem(intermediates)) }
      return ok(CsrResponse.fromPartial({ isApproved: true, status: { code: status.OK }, ...answer }))
    }),
  }
}
