import { ok } from '@meshwork/core/result'
import { IstioCertificateResponse, type IstioCertificateServiceServer } from '@meshwork/protos/istio/security/v1alpha1/ca'

import { type AuthoritySlots, trustedRoots } from '../ca/slots.ts'
import { credentialsOf } from './call-credentials.ts'
import type { Issuance } from './issuance.ts'
import { unaryHandler } from './unary-handler.ts'

/** Today's API: `istio.v1.auth.IstioCertificateService`. The answer is the chain from the new certificate to the roots. */
export function certificateService(issuance: Issuance, slots: () => AuthoritySlots): IstioCertificateServiceServer {
  return {
    createCertificate: unaryHandler(async call => {
      const issued = await issuance.issue({
        api: 'CreateCertificate',
        peer: call.getPeer(),
        credentials: credentialsOf(call),
        csrPem: call.request.csr,
        requestedSeconds: call.request.validityDuration,
      })
      if (issued.kind === 'err') return issued
      const { certificate, intermediates } = issued.value
      const chain = [certificate, ...intermediates, ...trustedRoots(slots())]
      return ok(IstioCertificateResponse.fromPartial({ certChain: chain.map(link => link.pem) }))
    }),
  }
}
