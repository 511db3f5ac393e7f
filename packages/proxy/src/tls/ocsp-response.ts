import { err, ok, type Result } from '@meshwork/core/result'
import { DER_TAG, DerReader, explicitTag, parseGeneralizedTime } from './der-reader.ts'

/** What decides whether a response may be stapled (RFC 6960 4.2.1). Its signature is for clients to check. */
export interface OcspResponse {
  /** The whole response, DER. */
  readonly bytes: Buffer
  /** Of the certificate that it is about: lower-case hexadecimal without leading zeros. */
  readonly serialNumber: string
  /** Milliseconds since the epoch. null: the response does not say until when it holds. */
  readonly nextUpdateMs: number | null
}

/** `id-pkix-ocsp-basic` */
const BASIC_RESPONSE = '2b0601050507300101'
const SUCCESSFUL = 0

/** Reads an OCSP response about one certificate. Total over any bytes. */
export function parseOcspResponse(der: Uint8Array): Result<OcspResponse, string> {
  const bytes = Buffer.from(der)
  const outer = sequence(new DerReader(bytes))
  const status = outer?.optional(DER_TAG.enumerated)?.[0]
  if (outer === null || status === undefined) return err('is not an OCSP response')
  if (status !== SUCCESSFUL) return err('is an OCSP response without success')
  const body = sequence(inside(outer, explicitTag(0)))
  if (body === null) return err('is an OCSP response without a body')
  if (body.optional(DER_TAG.oid)?.toString('hex') !== BASIC_RESPONSE) return err('is an OCSP response of an unknown type')
  const data = sequence(sequence(inside(body, DER_TAG.octetString)))
  return data === null ? err('is not an OCSP response') : readResponseData(data, bytes)
}

function readResponseData(data: DerReader, bytes: Buffer): Result<OcspResponse, string> {
  data.optional(explicitTag(0))
  // Who has answered, and when.
  data.next()
  data.next()
  const responses = sequence(data)
  const single = sequence(responses)
  if (responses === null || single === null || !responses.empty) return err('must be an OCSP response about one certificate')
  const certificate = sequence(single)
  for (let skipped = 0; skipped < 3; skipped++) certificate?.next()
  const serial = certificate?.optional(DER_TAG.integer)
  if (serial === undefined || serial === null) return err('names no certificate')
  return ok({ bytes, serialNumber: canonicalSerial(serial.toString('hex')), nextUpdateMs: nextUpdateOf(single) })
}

/** After the certificate: its status, `thisUpdate`, and perhaps `nextUpdate`. */
function nextUpdateOf(single: DerReader): number | null {
  single.next()
  single.next()
  const time = inside(single, explicitTag(0))?.optional(DER_TAG.generalizedTime)
  return time === undefined || time === null ? null : parseGeneralizedTime(time)
}

/** Serial numbers are compared in this form. */
export function canonicalSerial(hex: string): string {
  return hex.toLowerCase().replace(/^0+(?=.)/, '')
}

function sequence(reader: DerReader | null): DerReader | null {
  return reader === null ? null : inside(reader, DER_TAG.sequence)
}

function inside(reader: DerReader, tag: number): DerReader | null {
  const content = reader.optional(tag)
  return content === null ? null : new DerReader(content)
}
