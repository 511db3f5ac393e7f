import { joinPath, violation, type Violation } from '@meshwork/core/result'
import type { ClientTlsSettings } from './type.ts'

const FILES = ['clientCertificate', 'privateKey', 'caCertificates'] as const

export function validateClientTls(path: string, tls: ClientTlsSettings): readonly Violation[] {
  const byFile = FILES.filter(name => (tls[name] ?? '') !== '')
  const hasCredential = (tls.credentialName ?? '') !== ''
  const violations: Violation[] = []
  if (tls.insecureSkipVerify === true && (tls.caCertificates ?? '') !== '') {
    violations.push(violation(`${path}.insecureSkipVerify`, 'unused-ca', 'caCertificates would not be used'))
  }
  if ((tls.mode === 'SIMPLE' || tls.mode === 'MUTUAL') && hasCredential && byFile.length > 0) {
    violations.push(violation(`${path}.credentialName`, 'two-credentials', `credentialName and ${byFile.join(', ')} cannot stand together`))
  }
  if (tls.mode === 'ISTIO_MUTUAL') {
    for (const name of byFile)
      violations.push(violation(joinPath(path, name), 'mesh-identity', 'ISTIO_MUTUAL uses the certificates of the mesh'))
  }
  if (tls.mode === 'MUTUAL' && !hasCredential) {
    for (const name of ['clientCertificate', 'privateKey'] as const) {
      if ((tls[name] ?? '') === '') violations.push(violation(joinPath(path, name), 'missing-field', 'is required for MUTUAL'))
    }
  }
  return violations
}
