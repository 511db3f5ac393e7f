import { createSecureContext } from 'node:tls'
import { type ChannelCredentials, credentials } from '@grpc/grpc-js'
import { MeshError, messageOf } from '@meshwork/core/result'
import type { UpstreamTlsConfig } from '../model/tls.ts'
import { materialOf, paramOptions, rootsOf, trustOptions } from './context-options.ts'
import { compileSanMatchers } from './match-san.ts'
import type { SecretProvider } from './secrets.ts'
import { parseSubjectAltNames } from './subject-alt-names.ts'

/**
 * What a channel to the control plane proves and demands, as the cluster's transport socket says: the server must chain to the
 * roots and, where names are demanded, have one of them. Read once, at the start. Throws BAD_BOOTSTRAP when a secret is missing.
 */
export function controlPlaneCredentials(
  { certificate, validation, params }: UpstreamTlsConfig,
  secrets: SecretProvider,
): ChannelCredentials {
  const material = certificate === null ? null : materialOf(certificate, secrets)
  const roots = rootsOf(validation, secrets)
  if ((certificate !== null && material === null) || roots === null) throw unusable('a secret of it is missing')
  const isWelcome = compileSanMatchers(validation?.subjectAltNames ?? [])
  try {
    const context = createSecureContext({
      ...paramOptions(params),
      ...trustOptions(validation, roots),
      ...(material === null ? {} : { cert: material.certificateChainPem, key: material.privateKeyPem }),
    })
    return credentials.createFromSecureContext(context, {
      rejectUnauthorized: validation !== null && validation.roots !== null && !validation.acceptUntrusted,
      checkServerIdentity: (_host, peer) =>
        isWelcome(parseSubjectAltNames(peer.subjectaltname ?? ''))
          ? undefined
          : new Error('the certificate of the control plane has another name'),
    })
  } catch (error) {
    throw unusable(messageOf(error))
  }
}

function unusable(reason: string): MeshError {
  return new MeshError('BAD_BOOTSTRAP', `the TLS of the control plane cannot be used: ${reason}`, { source: 'config' })
}
