import { messageOf } from '@meshwork/core/result'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import type { Report } from './report.ts'

/** The message that an `Any` must hold, or null with a violation. */
export function unpack<M>(
  any: Any | undefined,
  typeUrl: string,
  type: { readonly decode: (bytes: Uint8Array) => M },
  report: Report,
): M | null {
  if (any?.typeUrl !== typeUrl) {
    report.refuse('unknown-type', `${any === undefined || any.typeUrl === '' ? 'nothing' : any.typeUrl} is not supported`)
    return null
  }
  try {
    return type.decode(any.value)
  } catch (error) {
    report.refuse('malformed', messageOf(error))
    return null
  }
}
