import { canonicalDnsName } from './dns-name.ts'
import { unescapeText } from './literals.ts'

const ATOMS = /^[^\s\p{Cc}()<>[\]:;@\\,."]+(?:\.[^\s\p{Cc}()<>[\]:;@\\,."]+)*$/u
const QUOTED = /^"((?:[^"\\\r\n]|\\[^\r\n])*)"$/

export interface EmailParts {
  readonly local: string
  readonly domain: string
}

/** Cut at the first `@`; without one everything is the local part. */
export function emailParts(text: string): EmailParts {
  const at = text.indexOf('@')
  return at === -1 ? { local: text, domain: '' } : { local: text.slice(0, at), domain: text.slice(at + 1) }
}

/** The part before the `@` without quotes, and the domain in its canonical form. */
export function canonicalEmail(text: string): EmailParts | undefined {
  const quotedEnd = text.startsWith('"') ? text.lastIndexOf('"@') : -1
  const at = quotedEnd === -1 ? text.indexOf('@') : quotedEnd + 1
  if (at <= 0) return undefined
  const local = canonicalLocal(text.slice(0, at))
  const domain = canonicalDnsName(text.slice(at + 1))
  return local === undefined || domain === undefined ? undefined : { local, domain }
}

/** `"john doe"` and `john` (RFC 5322 section 3.4.1), without display name or comments. */
function canonicalLocal(text: string): string | undefined {
  const quoted = QUOTED.exec(text)?.[1]
  if (quoted !== undefined) return unescapeText(quoted, '"') ?? quoted.replaceAll(/\\(.)/g, '$1')
  return ATOMS.test(text) ? text : undefined
}
