import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Issuer } from '@meshwork/core/x509'
import { privateKeyPem } from '@meshwork/core/x509'

/** OpenSSL's answer, on behalf of the issuer, that the certificate is good for the next hour. DER. */
export function ocspAnswer({ certificate, keys }: Issuer, leafPem: string): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'ocsp-'))
  const file = (name: string): string => join(directory, name)
  const { serialNumber, validToDate } = new X509Certificate(leafPem)
  const until = validToDate.toISOString().replaceAll(/\.\d+|[-:T]/g, '').slice(2)
  writeFileSync(file('index.txt'), `V\t${until}\t\t${serialNumber}\tunknown\t/CN=any\n`)
  writeFileSync(file('index.txt.attr'), 'unique_subject = no\n')
  writeFileSync(file('ca.pem'), certificate.pem)
  writeFileSync(file('ca.key'), privateKeyPem(keys))
  writeFileSync(file('leaf.pem'), leafPem)
  try {
    const signer = ['-CA', 'ca.pem', '-rsigner', 'ca.pem', '-rkey', 'ca.key', '-index', 'index.txt', '-nmin', '60']
    const asked = ['-issuer', 'ca.pem', '-cert', 'leaf.pem', '-respout', 'answer.der', '-noverify']
    execFileSync('openssl', ['ocsp', ...signer, ...asked], { cwd: directory, stdio: 'pipe' })
    return readFileSync(file('answer.der'))
  } finally {
    rmSync(directory, { recursive: true })
  }
}
