import { messageBytes, writeBool, writeBytes, writeInt, writeMessage, writeText } from './wire.ts'

/** What is asked of a quota adapter. */
export interface QuotaAsk {
  readonly amount: bigint
  readonly bestEffort: boolean
}

/** `Handle…Request` (mixer.md 7.2): one instance, or all instances of a report batch. `adapterConfig` is an encoded `Any`. */
export function encodeRequest(
  instances: readonly Uint8Array[],
  adapterConfig: Uint8Array,
  dedupId: string,
  quota?: { readonly instanceName: string; readonly ask: QuotaAsk },
): Uint8Array {
  return messageBytes(writer => {
    for (const instance of instances) writeBytes(writer, 1, instance)
    writeBytes(writer, 2, adapterConfig)
    writeText(writer, 3, dedupId)
    if (quota === undefined) return
    writeMessage(writer, 4, request =>
      writeMessage(request, 1, entry => {
        writeText(entry, 1, quota.instanceName)
        writeMessage(entry, 2, params => {
          writeInt(params, 1, quota.ask.amount)
          writeBool(params, 2, quota.ask.bestEffort)
        })
      }),
    )
  })
}
