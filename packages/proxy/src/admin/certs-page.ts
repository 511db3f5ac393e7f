import type { Certificate } from '@meshwork/core/x509'
import type { ClusterView, ListenerView } from '../engine/index.ts'
import type { CertificateSource, PeerValidation } from '../model/tls.ts'
import type { SecretProvider } from '../tls/secrets.ts'
import { type AdminPage, jsonAnswer } from './admin-page.ts'
import { parsedChains } from './parsed-chains.ts'

/** What one TLS context shows to peers, and what it checks them against. */
export interface ContextCertificates {
  readonly roots: readonly Certificate[]
  readonly chain: readonly Certificate[]
}

/** envoy.admin.v3.Certificates: what is shown to peers and what they are checked against. Never a key. */
export function certsPage(contexts: () => readonly ContextCertificates[], nowMs: () => number): AdminPage {
  return {
    path: '/certs',
    help: 'print the certificates in use and the roots',
    changes: false,
    answer: () => {
      const describe = (certificate: Certificate): unknown => certificateDetails(certificate, nowMs())
      return jsonAnswer({
        certificates: contexts().map(({ roots, chain }) => ({ ca_cert: roots.map(describe), cert_chain: chain.map(describe) })),
      })
    },
  }
}

/** The certificates of all listeners and clusters as they are now, each pair of certificate and roots once. */
export function certificatesInUse(
  listeners: readonly ListenerView[],
  clusters: readonly ClusterView[],
  secrets: SecretProvider,
): readonly ContextCertificates[] {
  const servers = listeners
    .flatMap(({ config: { filterChains, defaultFilterChain } }) => [
      ...filterChains,
      ...(defaultFilterChain === null ? [] : [defaultFilterChain]),
    ])
    .flatMap(({ tls }) => (tls === null ? [] : [tls]))
  const clients = clusters.flatMap(({ config }) => config.transportSockets.flatMap(({ tls }) => (tls === null ? [] : [tls])))
  const texts = new Set([
    ...servers.flatMap(({ certificates, validation }) => certificates.map(certificate => contextKey(certificate, validation, secrets))),
    ...clients.map(({ certificate, validation }) => contextKey(certificate, validation, secrets)),
  ])
  return [...texts].flatMap(text => {
    const [chain = '', roots = ''] = text.split(SEPARATOR)
    return chain === '' && roots === '' ? [] : [{ chain: parsedChains.of(chain), roots: parsedChains.of(roots) }]
  })
}

const SEPARATOR = '\n~\n'

function contextKey(certificate: CertificateSource | null, validation: PeerValidation | null, secrets: SecretProvider): string {
  const roots = validation?.roots ?? null
  const rootsPem = roots === null ? '' : 'pem' in roots ? roots.pem : (secrets.roots(roots.name) ?? '')
  return `${chainPem(certificate, secrets)}${SEPARATOR}${rootsPem}`
}

function chainPem(certificate: CertificateSource | null, secrets: SecretProvider): string {
  if (certificate === null) return ''
  return 'name' in certificate ? (secrets.certificate(certificate.name)?.certificateChainPem ?? '') : certificate.certificateChainPem
}

const DAY_MS = 86_400_000

function certificateDetails(certificate: Certificate, nowMs: number): unknown {
  return {
    path: '<inline>',
    serial_number: certificate.serialNumber,
    subject_alt_names: certificate.subjectAltNames.map(({ kind, value }) => ({ [kind]: value })),
    days_until_expiration: String(Math.max(0, Math.floor((certificate.notAfterMs - nowMs) / DAY_MS))),
    valid_from: new Date(certificate.notBeforeMs).toISOString(),
    expiration_time: new Date(certificate.notAfterMs).toISOString(),
  }
}
