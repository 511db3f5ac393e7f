import { Secret } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/secret'
import { seal, SECRET_TYPE, type XdsResource } from '@meshwork/xds/types'

import { CERTIFICATE_SECRET, ROOTS_SECRET } from '@meshwork/identity'
import type { CertificateMaterial, SecretProvider } from '../tls/secrets.ts'

/** The workload's secrets as Envoy takes them; none before the first certificate. */
export function secretResources(secrets: SecretProvider): readonly XdsResource[] {
  const material = secrets.certificate(CERTIFICATE_SECRET)
  const roots = secrets.roots(ROOTS_SECRET)
  return material === null || roots === null ? [] : [certificateResource(material), rootsResource(roots)]
}

function certificateResource(material: CertificateMaterial): XdsResource {
  const secret = Secret.fromPartial({
    name: CERTIFICATE_SECRET,
    type: {
      $case: 'tlsCertificate',
      value: { certificateChain: inline(material.certificateChainPem), privateKey: inline(material.privateKeyPem) },
    },
  })
  return seal(SECRET_TYPE, CERTIFICATE_SECRET, () => Secret.encode(secret).finish())
}

function rootsResource(pem: string): XdsResource {
  const secret = Secret.fromPartial({ name: ROOTS_SECRET, type: { $case: 'validationContext', value: { trustedCa: inline(pem) } } })
  return seal(SECRET_TYPE, ROOTS_SECRET, () => Secret.encode(secret).finish())
}

function inline(text: string): { specifier: { $case: 'inlineBytes'; value: Buffer } } {
  return { specifier: { $case: 'inlineBytes', value: Buffer.from(text) } }
}
