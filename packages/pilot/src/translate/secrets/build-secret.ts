import type { DataSource, DeepPartial } from '@meshwork/protos/envoy/config/core/v3/base'
import { Secret } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/secret'
import type { SecretInputs } from './inputs.ts'

/** `envoy.extensions.transport_sockets.tls.v3.Secret`, its material inline. */
export function buildSecret(inputs: SecretInputs): Secret {
  const { name } = inputs
  if (inputs.kind === 'roots') {
    return Secret.fromPartial({ name, type: { $case: 'validationContext', value: { trustedCa: inline(inputs.pem) } } })
  }
  const value = { certificateChain: inline(inputs.certificateChainPem), privateKey: inline(inputs.privateKeyPem) }
  return Secret.fromPartial({ name, type: { $case: 'tlsCertificate', value } })
}

function inline(value: string): DeepPartial<DataSource> {
  return { specifier: { $case: 'inlineString', value } }
}
