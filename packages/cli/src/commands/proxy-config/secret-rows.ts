import { X509Certificate } from 'node:crypto'
import type { ConfigDump } from '../../mesh-api/config-dump.ts'
import { asText, at } from '../../mesh-api/json-reader.ts'

export interface SecretRow {
  readonly name: string
  /** `cert chain` or `roots`. */
  readonly type: string
  readonly identity: string
  readonly serial: string
  readonly validFrom: string
  readonly validTo: string
}

/** Certificates only: a dump never holds keys. */
export function secretRows(dump: ConfigDump): readonly SecretRow[] {
  return dump.secrets.flatMap(each => {
    const name = asText(each['name']) || asText(at(each, 'secret', 'name'))
    const chain = certificates(at(each, 'secret', 'tls_certificate', 'certificate_chain')).slice(0, 1)
    const roots = certificates(at(each, 'secret', 'validation_context', 'trusted_ca'))
    return [...chain.map(certificate => row(name, 'cert chain', certificate)), ...roots.map(certificate => row(name, 'roots', certificate))]
  })
}

function certificates(source: unknown): readonly X509Certificate[] {
  const inline = asText(at(source, 'inline_string'))
  const text = inline !== '' ? inline : Buffer.from(asText(at(source, 'inline_bytes')), 'base64').toString('utf8')
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  return blocks.flatMap(block => {
    try {
      return [new X509Certificate(block)]
    } catch {
      return []
    }
  })
}

function row(name: string, type: string, certificate: X509Certificate): SecretRow {
  return {
    name,
    type,
    identity: identityOf(certificate),
    serial: certificate.serialNumber.toLowerCase(),
    validFrom: certificate.validFromDate.toISOString(),
    validTo: certificate.validToDate.toISOString(),
  }
}

/** The SPIFFE name; without one the subject, which certificates of today leave empty, or else the names of hosts. */
function identityOf({ subject, subjectAltName = '' }: X509Certificate): string {
  const uri = /URI:([^,]+)/.exec(subjectAltName)?.[1]
  // Node has no text for a subject without attributes, whatever its types say.
  const named: string | undefined = subject
  return uri ?? named?.replaceAll('\n', ', ') ?? subjectAltName.replaceAll(/(?:DNS|IP Address):/g, '')
}
