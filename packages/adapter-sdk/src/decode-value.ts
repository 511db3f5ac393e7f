import { instant, nanosOf, timeSpan } from '@meshwork/core/attributes'
import type { Value } from '@meshwork/protos/istio/policy/v1beta1/type'
import type { InstanceValue } from './instances.ts'

/** A value as a plain one; `undefined` if the message is empty. */
export function decodeValue(message: Value | undefined): InstanceValue | undefined {
  const value = message?.value
  if (value === undefined) return undefined
  switch (value.$case) {
    case 'timestampValue':
      return value.value.value === undefined ? undefined : instant(nanosOf(value.value.value))
    case 'durationValue':
      return value.value.value === undefined ? undefined : timeSpan(nanosOf(value.value.value))
    case 'ipAddressValue':
    case 'emailAddressValue':
    case 'dnsNameValue':
    case 'uriValue':
      return value.value.value
    default:
      return value.value
  }
}

export function decodeValues(messages: Readonly<Record<string, Value>>): ReadonlyMap<string, InstanceValue> {
  return new Map(
    Object.entries(messages).flatMap(([name, message]) => {
      const value = decodeValue(message)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
