import { type Certificate, type CertificateContent, samePublicKey } from '@meshwork/core/x509'

/**
 * The ways in which `issued`, as parsed from its bytes, differs from `template` or breaks the rules for what `signer` signs.
 * A guard against mistakes of our own between the template and the bytes.
 */
export function validateIssued(issued: Certificate, template: CertificateContent, signer: Certificate): readonly string[] {
  const checks: readonly (readonly [string, boolean])[] = [
    ['names', sameTexts(names(issued), names(template))],
    ['CA flag', issued.isCa === template.isCa],
    ['key usage', sameTexts(issued.keyUsages, template.keyUsages)],
    ['extended key usage', sameTexts(issued.extendedKeyUsages, template.extendedKeyUsages)],
    ['public key', samePublicKey(issued.publicKey, template.publicKey)],
    ['start', issued.notBeforeMs === wholeSecond(template.notBeforeMs)],
    ['end', issued.notAfterMs === wholeSecond(template.notAfterMs)],
    ['end beyond the signer', issued.notAfterMs <= signer.notAfterMs],
    ['subject', issued.subject === (template.organization === undefined ? '' : `O=${template.organization}`)],
    ['signature', issued.native.checkIssued(signer.native) && issued.native.verify(signer.publicKey)],
  ]
  return checks.filter(([, holds]) => !holds).map(([what]) => what)
}

function names(of: Pick<CertificateContent, 'subjectAltNames'>): readonly string[] {
  return of.subjectAltNames.map(name => `${name.kind}:${name.value}`)
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index])
}

function wholeSecond(epochMs: number): number {
  return Math.floor(epochMs / 1000) * 1000
}
