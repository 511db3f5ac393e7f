import { isIP } from 'node:net'

import { err, ok, type Result } from '../result/result.ts'
import { type Extension, SubjectAlternativeNameExtension } from './asn1.ts'

/** One GeneralName of a subjectAltName extension (RFC 5280 section 4.2.1.6). `other` is any kind that the mesh never issues. */
export interface SubjectAltName {
  readonly kind: 'uri' | 'dns' | 'ip' | 'email' | 'other'
  readonly value: string
}

const SAN_OID = '2.5.29.17'

const KINDS: ReadonlyMap<string, SubjectAltName['kind']> = new Map([
  ['url', 'uri'],
  ['dns', 'dns'],
  ['ip', 'ip'],
  ['email', 'email'],
])

const TYPES = { uri: 'url', dns: 'dns', ip: 'ip', email: 'email' } as const

/** All names of the extension, none if it is absent. Two SAN extensions are an error: readers disagree on which one counts. */
export function subjectAltNamesIn(extensions: readonly Extension[]): Result<readonly SubjectAltName[], string> {
  const found = extensions.filter(extension => extension.type === SAN_OID)
  const [first, second] = found
  if (second !== undefined) return err('there is more than one subjectAltName extension')
  if (first === undefined) return ok([])
  const names = new SubjectAlternativeNameExtension(first.rawData).names.items
  const known = names.map(name => ({ kind: KINDS.get(name.type) ?? 'other', value: String(name.value) }) as const)
  // The library leaves out kinds that it cannot decode; whoever authorizes names must know that there were more.
  const hidden = countElements(new Uint8Array(first.value)) - known.length
  return ok([...known, ...Array.from({ length: hidden }, () => ({ kind: 'other', value: '' }) as const)])
}

/** The number of elements in a DER sequence (X.690 section 8.9). */
function countElements(sequence: Uint8Array): number {
  let count = 0
  const outer = headerAt(sequence, 0)
  for (let at = outer.contentStart; at < outer.end; count++) at = headerAt(sequence, at).end
  return count
}

/** Reads a one-octet tag and a definite length of up to four octets, which is all that X.509 names use. */
function headerAt(bytes: Uint8Array, at: number): { readonly contentStart: number; readonly end: number } {
  const first = bytes[at + 1] ?? 0
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f
  if (lengthOctets > 4) throw new RangeError('a DER length is longer than four octets')
  const contentStart = at + 2 + lengthOctets
  const length = bytes.subarray(at + 2, contentStart).reduce((sum, octet) => sum * 256 + octet, 0)
  return { contentStart, end: contentStart + (lengthOctets === 0 ? first : length) }
}

/** `critical` must be set when the subject is empty (RFC 5280 section 4.2.1.6). */
export function subjectAltNameExtension(names: readonly SubjectAltName[], critical: boolean): SubjectAlternativeNameExtension {
  const items = names.map(({ kind, value }) => {
    if (kind === 'other') throw new TypeError(`a name of kind 'other' cannot be issued: ${value}`)
    return { type: TYPES[kind], value }
  })
  return new SubjectAlternativeNameExtension(items, critical)
}

/** Sorts a host as certificates do: an address, a `spiffe:` URI or a DNS name. */
export function subjectAltName(text: string): SubjectAltName {
  if (isIP(text) !== 0) return { kind: 'ip', value: text }
  return text.startsWith('spiffe://') ? { kind: 'uri', value: text } : { kind: 'dns', value: text }
}
