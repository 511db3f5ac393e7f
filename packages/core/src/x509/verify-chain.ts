import { err, ok, type Result } from '../result/result.ts'
import type { Certificate } from './certificate.ts'

/**
 * Whether `chain` (leaf first, then intermediates in order) leads to one of `roots` at the moment `atMs`
 * (RFC 5280 section 6.1: signatures, names, validity, CA flag and keyCertSign of every signer).
 * A root at the end of `chain` is allowed and counts only if it is among `roots`.
 */
export function verifyChain(chain: readonly Certificate[], roots: readonly Certificate[], atMs: number): Result<void, string> {
  const [leaf] = chain
  if (leaf === undefined) return err('the chain is empty')
  let current = leaf
  const dates = validAt(current, atMs)
  if (dates.kind === 'err') return dates
  for (const next of chain.slice(1)) {
    if (isAmong(current, roots)) break
    const link = issuedBy(current, next, atMs)
    if (link.kind === 'err') return link
    current = next
  }
  return anchored(current, roots, atMs)
}

function anchored(top: Certificate, roots: readonly Certificate[], atMs: number): Result<void, string> {
  if (isAmong(top, roots)) return ok(undefined)
  const attempts = roots.map(root => issuedBy(top, root, atMs))
  if (attempts.some(attempt => attempt.kind === 'ok')) return ok(undefined)
  const [reason] = attempts.flatMap(attempt => (attempt.kind === 'err' ? [attempt.error] : []))
  return err(`the chain leads to no trusted root (${reason ?? 'there are no roots'})`)
}

function isAmong(certificate: Certificate, roots: readonly Certificate[]): boolean {
  return roots.some(root => root.der.equals(certificate.der))
}

function issuedBy(child: Certificate, signer: Certificate, atMs: number): Result<void, string> {
  if (!signer.isCa) return err(`'${signer.subject}' signed a certificate but is no CA`)
  if (signer.keyUsages.length > 0 && !signer.keyUsages.includes('keyCertSign')) return err(`'${signer.subject}' may not sign certificates`)
  if (!child.native.checkIssued(signer.native)) return err(`'${signer.subject}' is not the issuer of serial ${child.serialNumber}`)
  if (!child.native.verify(signer.publicKey)) return err(`the signature on serial ${child.serialNumber} is not by '${signer.subject}'`)
  return validAt(signer, atMs)
}

function validAt(certificate: Certificate, atMs: number): Result<void, string> {
  const { serialNumber, notBeforeMs, notAfterMs } = certificate
  if (atMs < notBeforeMs) return err(`serial ${serialNumber} is not valid before ${new Date(notBeforeMs).toISOString()}`)
  return atMs > notAfterMs ? err(`serial ${serialNumber} expired at ${new Date(notAfterMs).toISOString()}`) : ok(undefined)
}
