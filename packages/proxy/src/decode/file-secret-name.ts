/**
 * Certificates that the configuration names by file become secrets whose names tell the files, in the form Istio's agent
 * uses for such names; whoever provides secrets reads the files, and notices when they change.
 */
const CERTIFICATE_PREFIX = 'file-cert:'
const ROOT_PREFIX = 'file-root:'
const SEPARATOR = '~'

export function fileCertificateName(chainFile: string, keyFile: string): string {
  return `${CERTIFICATE_PREFIX}${chainFile}${SEPARATOR}${keyFile}`
}

export function fileRootName(file: string): string {
  return ROOT_PREFIX + file
}

/** The files that such a name means; null for other names. */
export function parseFileCertificateName(name: string): { readonly chainFile: string; readonly keyFile: string } | null {
  if (!name.startsWith(CERTIFICATE_PREFIX)) return null
  const [chainFile, keyFile, ...rest] = name.slice(CERTIFICATE_PREFIX.length).split(SEPARATOR)
  return chainFile === undefined || keyFile === undefined || rest.length > 0 ? null : { chainFile, keyFile }
}

export function parseFileRootName(name: string): string | null {
  return name.startsWith(ROOT_PREFIX) ? name.slice(ROOT_PREFIX.length) : null
}
