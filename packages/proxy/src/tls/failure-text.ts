/** Numbers that Envoy's TLS library gives to reasons people see; the library part is added. */
const REASONS: Readonly<Record<string, number>> = {
  CERTIFICATE_VERIFY_FAILED: 125,
  HANDSHAKE_FAILURE_ON_CLIENT_HELLO: 153,
  NO_SHARED_CIPHER: 184,
  PEER_DID_NOT_RETURN_A_CERTIFICATE: 192,
  UNSUPPORTED_PROTOCOL: 240,
  WRONG_VERSION_NUMBER: 247,
}

/** Alerts of the peer are reasons from 1000 on (RFC 8446 6.2). */
const ALERTS: Readonly<Record<string, number>> = {
  HANDSHAKE_FAILURE: 40,
  BAD_CERTIFICATE: 42,
  UNSUPPORTED_CERTIFICATE: 43,
  CERTIFICATE_REVOKED: 44,
  CERTIFICATE_EXPIRED: 45,
  CERTIFICATE_UNKNOWN: 46,
  ILLEGAL_PARAMETER: 47,
  UNKNOWN_CA: 48,
  ACCESS_DENIED: 49,
  DECODE_ERROR: 50,
  DECRYPT_ERROR: 51,
  PROTOCOL_VERSION: 70,
  INTERNAL_ERROR: 80,
  UNRECOGNIZED_NAME: 112,
  CERTIFICATE_REQUIRED: 116,
  NO_APPLICATION_PROTOCOL: 120,
}

const SSL_LIBRARY = 0x10000000

/** `TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:…:TLS_error_end`, as Envoy's logs have it. */
export function tlsFailure(reason: string, detail: string = ''): string {
  const alert = /^(?:SSLV3|TLSV1|TLSV13)_ALERT_(.+)$/.exec(reason)?.[1]
  const number = SSL_LIBRARY + (alert === undefined ? (REASONS[reason] ?? 0) : 1000 + (ALERTS[alert] ?? 0))
  return `TLS_error:|${number}:SSL routines:OPENSSL_internal:${reason}${detail === '' ? '' : `:${detail}`}:TLS_error_end`
}

/** The text for an error of OpenSSL's. */
export function tlsErrorText(error: NodeJS.ErrnoException): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : (error.code ?? error.message)
  return tlsFailure(
    reason
      .replace(/^ERR_SSL_/, '')
      .replaceAll(/[^A-Za-z0-9]+/g, '_')
      .toUpperCase()
      // OpenSSL 3.2 renamed what Envoy's library still calls by its old name.
      .replace(/^SSL_TLS_ALERT_/, 'SSLV3_ALERT_'),
  )
}
