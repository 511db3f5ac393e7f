import { type AttributeValue, sameValue } from '@meshwork/core/attributes'
import { canonicalDnsName } from './dns-name.ts'
import { canonicalEmail } from './email-address.ts'
import { sameAddress } from './externs.ts'
import { Failure } from './failure.ts'
import { uriEquals } from './uri.ts'
import type { ValueType } from './value-type.ts'

export type Equality = (a: AttributeValue, b: AttributeValue) => boolean | Failure

function onTexts(compare: (a: string, b: string) => boolean | Failure): Equality {
  return (a, b) => compare(typeof a === 'string' ? a : '', typeof b === 'string' ? b : '')
}

export function dnsNameEquals(a: string, b: string): boolean | Failure {
  const left = canonicalDnsName(a)
  const right = canonicalDnsName(b)
  if (left !== undefined && right !== undefined) return left === right
  return new Failure('function', `error converting '${left === undefined ? a : b}' to dns name`)
}

export function emailEquals(a: string, b: string): boolean | Failure {
  const left = canonicalEmail(a)
  const right = canonicalEmail(b)
  if (left !== undefined && right !== undefined) return left.local === right.local && left.domain === right.domain
  return new Failure('function', `error converting '${left === undefined ? a : b}' to e-mail`)
}

function uriTextEquals(a: string, b: string): boolean | Failure {
  const equal = uriEquals(a, b)
  return equal.kind === 'ok' ? equal.value : new Failure('function', `error converting string to uri: ${equal.error}`)
}

/** How two values of a type are compared (mixer.md 4.6); `undefined` for the types that have no equality. */
export function equalityOf(type: ValueType): Equality | undefined {
  switch (type) {
    case 'DURATION':
    case 'STRING_MAP':
      return undefined
    case 'DNS_NAME':
      return onTexts(dnsNameEquals)
    case 'EMAIL_ADDRESS':
      return onTexts(emailEquals)
    case 'URI':
      return onTexts(uriTextEquals)
    case 'IP_ADDRESS':
      return (a, b) => a instanceof Uint8Array && b instanceof Uint8Array && sameAddress(a, b)
    case 'DOUBLE':
      // As numbers, so that NaN differs from itself and the two zeros are equal.
      return (a, b) => a === b
    default:
      return sameValue
  }
}
