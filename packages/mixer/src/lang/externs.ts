import { type AttributeValue, EMPTY_STRING_MAP, instant, isMappedIpv4, parseInstantText, parseIpText } from '@meshwork/core/attributes'
import { messageOf } from '@meshwork/core/result'
import { RE2JS } from 're2js'
import { canonicalDnsName } from './dns-name.ts'
import { canonicalEmail } from './email-address.ts'
import { Failure } from './failure.ts'
import { parseUri } from './uri.ts'

/** A function on values. The type checker has made sure of the types; a method gets its target first. */
export type Extern = (...args: readonly AttributeValue[]) => AttributeValue | Failure

function fails(message: string): Failure {
  return new Failure('function', message)
}

const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

function toIp(text: string): AttributeValue | Failure {
  const bytes = parseIpText(text)
  if (bytes === undefined) return fails(`could not convert ${text} to IP_ADDRESS`)
  return bytes.length === 4 ? Uint8Array.from([...MAPPED_PREFIX, ...bytes]) : bytes
}

function toTimestamp(text: string): AttributeValue | Failure {
  const parsed = parseInstantText(text)
  if (parsed.kind === 'ok') return instant(parsed.value)
  return fails(`could not convert '${text}' to TIMESTAMP. expected format: '2006-01-02T15:04:05Z07:00'`)
}

function toDnsName(text: string): AttributeValue | Failure {
  return canonicalDnsName(text) === undefined
    ? fails(`error converting '${text}' to dns name: 'not a name of labels, digits and dashes'`)
    : text
}

function toEmail(text: string): AttributeValue | Failure {
  return canonicalEmail(text) === undefined ? fails(`error converting '${text}' to e-mail: 'not of the form local@domain'`) : text
}

function toUri(text: string): AttributeValue | Failure {
  const parsed = parseUri(text)
  if (parsed.kind === 'ok') return text
  return fails(`error converting string to uri${text === '' ? '' : ` '${text}'`}: ${parsed.error}`)
}

/** A star at the end means prefix, else one at the start means suffix; other stars are plain. */
export function matchesGlob(text: string, pattern: string): boolean {
  if (pattern.endsWith('*')) return text.startsWith(pattern.slice(0, -1))
  return pattern.startsWith('*') ? text.endsWith(pattern.slice(1)) : text === pattern
}

/** RE2: linear in the text, whatever the pattern. */
export function compilePattern(pattern: string): ((text: string) => boolean) | Failure {
  try {
    const compiled = RE2JS.compile(pattern)
    return text => compiled.matcher(text).find()
  } catch (error) {
    return fails(`error parsing regexp '${pattern}': ${messageOf(error)}`)
  }
}

function matchesPattern(pattern: string, text: string): AttributeValue | Failure {
  const test = compilePattern(pattern)
  return test instanceof Failure ? test : test(text)
}

/** Both forms of one IPv4 address are equal. */
export function sameAddress(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(shortForm(a), shortForm(b)) === 0
}

function shortForm(bytes: Uint8Array): Uint8Array {
  return isMappedIpv4(bytes) ? bytes.subarray(12) : bytes
}

function text(value: AttributeValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** The functions that only look at their arguments. Operators and `conditional` decide what is evaluated, and are in the compiler. */
export const EXTERNS: ReadonlyMap<string, Extern> = new Map<string, Extern>([
  ['ip', a => toIp(text(a))],
  ['timestamp', a => toTimestamp(text(a))],
  ['dnsName', a => toDnsName(text(a))],
  ['email', a => toEmail(text(a))],
  ['uri', a => toUri(text(a))],
  ['match', (a, b) => matchesGlob(text(a), text(b))],
  ['matches', (a, b) => matchesPattern(text(a), text(b))],
  ['startsWith', (a, b) => text(a).startsWith(text(b))],
  ['endsWith', (a, b) => text(a).endsWith(text(b))],
  ['emptyStringMap', () => EMPTY_STRING_MAP],
])
