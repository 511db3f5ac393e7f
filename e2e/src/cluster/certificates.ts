import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { runCommand } from '@meshwork/testkit/net'

/** A certificate authority of a test cluster: a folder with `NAME.crt` and `NAME.key` in PEM, made by OpenSSL. */
export interface ClusterAuthority {
  readonly folder: string
  readonly name: string
}

export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/** `subject` as OpenSSL writes it, `/O=group/CN=user`: Kubernetes reads groups and user from it. */
export interface CertificateRequest {
  readonly subject: string
  /** `DNS:name` or `IP:address`. */
  readonly names?: readonly string[]
}

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

export async function createAuthority(folder: string, name: string, commonName: string): Promise<ClusterAuthority> {
  mkdirSync(folder, { recursive: true })
  const files = certificateFiles(folder, name)
  await openssl([
    ...['req', '-x509', ...EC_KEY, '-keyout', files.key, '-out', files.certificate, '-days', '3650', '-subj', `/CN=${commonName}`],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature'],
  ])
  return { folder, name }
}

/** A leaf for a server and a client, valid for a year. */
export async function issueTo(target: string, authority: ClusterAuthority, request: CertificateRequest): Promise<CertificateFiles> {
  mkdirSync(dirname(target), { recursive: true })
  const files = { certificate: `${target}.crt`, key: `${target}.key` }
  const issuer = certificateFiles(authority.folder, authority.name)
  const names = request.names === undefined ? [] : [`subjectAltName=${request.names.join(',')}`]
  writeFileSync(
    `${target}.ext`,
    ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature', 'extendedKeyUsage=serverAuth,clientAuth', ...names].join(
      '\n',
    ),
  )
  await openssl(['req', '-new', ...EC_KEY, '-keyout', files.key, '-out', `${target}.csr`, '-subj', request.subject])
  await openssl([
    ...['x509', '-req', '-in', `${target}.csr`, '-CA', issuer.certificate, '-CAkey', issuer.key, '-days', '365'],
    // A random serial number: parallel requests would race for a serial file.
    ...['-extfile', `${target}.ext`, '-out', files.certificate],
  ])
  return files
}

/** The RSA pair that service account tokens are signed with. */
export async function createTokenKeys(privateFile: string, publicFile: string): Promise<void> {
  await openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', privateFile])
  await openssl(['pkey', '-in', privateFile, '-pubout', '-out', publicFile])
}

/** A kubeconfig with the certificate inside, so that it works from any folder. */
export function writeKubeconfig(file: string, apiServer: string, rootFile: string, user: CertificateFiles): void {
  const inline = (path: string): string => readFileSync(path).toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: { server: apiServer, 'certificate-authority-data': inline(rootFile) } }],
    users: [{ name: 'user', user: { 'client-certificate-data': inline(user.certificate), 'client-key-data': inline(user.key) } }],
    contexts: [{ name: 'cluster', context: { cluster: 'cluster', user: 'user' } }],
    'current-context': 'cluster',
  }
  writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 })
}

export function certificateFiles(folder: string, name: string): CertificateFiles {
  return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
}

function openssl(args: readonly string[]): Promise<string> {
  return runCommand(['openssl', ...args])
}
