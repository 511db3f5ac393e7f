import { type TlsParameters, TlsParameters_TlsProtocol } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/common'
import type { TlsParams, TlsVersion } from '../model/tls.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'

const FIELDS: FieldPolicy<TlsParameters> = {
  read: ['tlsMinimumProtocolVersion', 'tlsMaximumProtocolVersion', 'cipherSuites', 'ecdhCurves', 'signatureAlgorithms'],
  harmless: [],
}

const { TLS_AUTO, TLSv1_0, TLSv1_1, TLSv1_2, TLSv1_3 } = TlsParameters_TlsProtocol

/**
 * Versions below 1.2 are never spoken, whatever the configuration allows (RFC 8996). Where the highest is not said, servers
 * speak 1.3 and clients 1.2 (TlsParameters.tls_maximum_protocol_version).
 */
export function decodeTlsParams(params: TlsParameters | undefined, side: 'client' | 'server', report: Report): TlsParams {
  if (params !== undefined) refuseOtherFields(params, FIELDS, report)
  const minimum: TlsVersion = params?.tlsMinimumProtocolVersion === TLSv1_3 ? 'TLSv1.3' : 'TLSv1.2'
  const highest = params?.tlsMaximumProtocolVersion ?? TLS_AUTO
  const maximum: TlsVersion =
    highest === TLSv1_2 || (highest === TLS_AUTO && side === 'client' && minimum === 'TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3'
  const tooOld = params?.tlsMaximumProtocolVersion === TLSv1_0 || params?.tlsMaximumProtocolVersion === TLSv1_1
  if (tooOld) report.at('tls_maximum_protocol_version').refuse('unsupported-version', 'must be at least TLSv1_2')
  if (minimum > maximum) report.at('tls_minimum_protocol_version').refuse('out-of-range', 'must not be above the maximum')
  return {
    minVersion: minimum,
    maxVersion: maximum,
    ciphers: (params?.cipherSuites ?? []).flatMap((suite, i) => suitesOf(suite, report.at('cipher_suites', i))),
    curves: (params?.ecdhCurves ?? []).map((curve, i) => wordOf(curve, report.at('ecdh_curves', i))),
    signatureAlgorithms: (params?.signatureAlgorithms ?? []).map((name, i) => wordOf(name, report.at('signature_algorithms', i))),
  }
}

/** `[A|B]` is a group of equal preference; here its order is the preference. */
function suitesOf(text: string, report: Report): readonly string[] {
  return text
    .replace(/^\[(.*)\]$/, '$1')
    .split('|')
    .map(name => wordOf(name, report))
}

/** Names go into lists that OpenSSL takes apart, so they must be single words. */
function wordOf(name: string, report: Report): string {
  if (!/^[A-Za-z0-9_+-]+$/.test(name)) report.refuse('bad-name', `'${name}' is not the name of an algorithm`)
  return name
}
