import { domainToASCII } from 'node:url'

const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/

function isLabel(label: string): boolean {
  return LABEL.test(label) && (label.startsWith('xn--') || label.slice(2, 4) !== '--')
}

/** The ASCII form in lower case without a trailing dot, by which names are compared; `undefined` if it is no name (RFC 5891). */
export function canonicalDnsName(text: string): string | undefined {
  // Only letters go through the converter: it would also decode %41 and accept an IPv4 address in hexadecimal.
  const ascii = /^[\x20-\x7e]*$/.test(text) ? text.toLowerCase() : domainToASCII(text)
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii
  return name !== '' && name.split('.').every(isLabel) ? name : undefined
}
