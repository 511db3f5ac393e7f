import { createHash, X509Certificate } from 'node:crypto'
import type { PeerCertificate } from '../tls/peer-certificate.ts'
import { parseSubjectAltNames, type SubjectAltNames } from '../tls/subject-alt-names.ts'
import { formatTime } from './format-time.ts'
import type { Operator } from './formatter.ts'
import type { StreamInfo } from './stream-info.ts'

type CertificateOf = (info: StreamInfo) => PeerCertificate | null | undefined

const peer: CertificateOf = info => info.connection.peer
const local: CertificateOf = info => info.connection.tls?.localCertificate
const upstreamPeer: CertificateOf = info => info.upstreamConnection?.tls?.peer
const upstreamLocal: CertificateOf = info => info.upstreamConnection?.tls?.local

/** Operators about the TLS of the client's connection and of ours to the upstream. */
export const TLS_OPERATORS: Readonly<Record<string, (argument: string) => Operator>> = {
  DOWNSTREAM_TLS_VERSION: () => info => orNull(info.connection.tls?.version),
  DOWNSTREAM_TLS_CIPHER: () => info => orNull(info.connection.tls?.cipher),
  // Sessions are resumed by tickets only, which have no identifier.
  DOWNSTREAM_TLS_SESSION_ID: () => () => null,
  DOWNSTREAM_PEER_SUBJECT: () => read(peer, ({ subject }) => subject),
  DOWNSTREAM_LOCAL_SUBJECT: () => read(local, ({ subject }) => subject),
  DOWNSTREAM_PEER_EMAIL_SAN: () => read(peer, leaf => otherNames(leaf).email.join(',')),
  DOWNSTREAM_LOCAL_EMAIL_SAN: () => read(local, leaf => otherNames(leaf).email.join(',')),
  ...namesOf('DOWNSTREAM_PEER', peer),
  ...namesOf('DOWNSTREAM_LOCAL', local),
  ...certificateParts('DOWNSTREAM_PEER', peer),
  DOWNSTREAM_PEER_SERIAL: () => read(peer, certificate => certificate.serialNumber),
  DOWNSTREAM_PEER_FINGERPRINT_256: () => read(peer, certificate => certificate.sha256),
  DOWNSTREAM_PEER_FINGERPRINT_1: () => read(peer, ({ raw }) => createHash('sha1').update(raw).digest('hex')),
  UPSTREAM_TLS_VERSION: () => info => orNull(info.upstreamConnection?.tls?.version),
  UPSTREAM_TLS_CIPHER: () => info => orNull(info.upstreamConnection?.tls?.cipher),
  UPSTREAM_TLS_SESSION_ID: () => () => null,
  UPSTREAM_SERVER_NAME: () => info => orNull(info.upstreamConnection?.tls?.serverName),
  UPSTREAM_PEER_SUBJECT: () => read(upstreamPeer, ({ subject }) => subject),
  ...namesOf('UPSTREAM_PEER', upstreamPeer),
  ...namesOf('UPSTREAM_LOCAL', upstreamLocal),
  ...certificateParts('UPSTREAM_PEER', upstreamPeer),
}

function certificateParts(prefix: string, certificate: CertificateOf): Record<string, (argument: string) => Operator> {
  return {
    [`${prefix}_ISSUER`]: () => read(certificate, ({ issuer }) => issuer),
    [`${prefix}_CERT`]: () => read(certificate, leaf => encodeURIComponent(pemOf(leaf))),
    [`${prefix}_CERT_V_START`]: argument => read(certificate, ({ validFromMs }) => formatTime(validFromMs, argument)),
    [`${prefix}_CERT_V_END`]: argument => read(certificate, ({ validToMs }) => formatTime(validToMs, argument)),
  }
}

function namesOf(prefix: string, certificate: CertificateOf): Record<string, () => Operator> {
  return {
    [`${prefix}_URI_SAN`]: () => read(certificate, ({ uriSans }) => uriSans.join(',')),
    [`${prefix}_DNS_SAN`]: () => read(certificate, ({ dnsSans }) => dnsSans.join(',')),
    [`${prefix}_IP_SAN`]: () => read(certificate, leaf => otherNames(leaf).ip.join(',')),
  }
}

function read(certificateOf: CertificateOf, print: (certificate: PeerCertificate) => string): Operator {
  return info => {
    const certificate = certificateOf(info)
    return certificate === null || certificate === undefined ? null : orNull(print(certificate))
  }
}

/** Names that are too rare to be kept for each connection. */
function otherNames({ raw }: PeerCertificate): SubjectAltNames {
  return parseSubjectAltNames(new X509Certificate(raw).subjectAltName ?? '')
}

function pemOf({ raw }: PeerCertificate): string {
  return new X509Certificate(raw).toString()
}

function orNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text
}
