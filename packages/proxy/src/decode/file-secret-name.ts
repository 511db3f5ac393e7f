/**
 * Certificates that the configuration names by file become secrets whose names tell the files, in the form Istio's agent
 * uses for such names; whoever provides secrets reads the files, and notices when they change.
 */
const CERTIFICATE_PREFIX = 'file-cert:'
const ROOT_PREFIX = 'file-root:'
const SEPARATOR = '~'

export interface CertificateFiles {
  readonly chainFile: string
  readonly keyFile: string
  /** null: the certificate has no OCSP staple. */
  readonly stapleFile: string | null
}

export function fileCertificateName(chainFile: string, keyFile: string, stapleFile: string | null = null): string {
  const files = stapleFile === null ? [chainFile, keyFile] : [chainFile, keyFile, stapleFile]
  return CERTIFICATE_PREFIX + files.join(SEPARATOR)
}

export function fileRootName(file: string): string {
  return ROOT_PREFIX + file
}

/** The files that such a name means; null for other names. */
export function parseFileCertificateName(name: string): CertificateFiles | null {
  if (!name.startsWith(CERTIFICATE_PREFIX)) return null
  const [chainFile, keyFile, stapleFile = null, ...rest] = name.slice(CERTIFICATE_PREFIX.length).split(SEPARATOR)
  return chainFile === undefined || keyFile === undefined || rest.length > 0 ? null : { chainFile, keyFile, stapleFile }
}

export function parseFileRootName(name: string): string | null {
  return name.startsWith(ROOT_PREFIX) ? name.slice(ROOT_PREFIX.length) : null
}
