import { expect, test } from 'vitest'
import { tlsErrorText, tlsFailure } from './failure-text.ts'

test("Envoy's form, with its library's numbers", () => {
  expect(tlsFailure('CERTIFICATE_VERIFY_FAILED', 'why')).toBe(
    'TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:why:TLS_error_end',
  )
  expect(tlsFailure('TLSV1_ALERT_UNKNOWN_CA')).toBe(
    'TLS_error:|268436504:SSL routines:OPENSSL_internal:TLSV1_ALERT_UNKNOWN_CA:TLS_error_end',
  )
})

test('errors of OpenSSL by their reason, others by their code', () => {
  const wrong = Object.assign(new Error('x'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER', reason: 'wrong version number' })
  expect(tlsErrorText(wrong)).toBe('TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end')
  expect(tlsErrorText(Object.assign(new Error('x'), { code: 'ERR_SSL_NO_SHARED_CIPHER' }))).toContain(':NO_SHARED_CIPHER:')
})
