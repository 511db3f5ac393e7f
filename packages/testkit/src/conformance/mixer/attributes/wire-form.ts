import { type CompressedAttributes, emptyCompressed, nanosOf, splitInstant, splitSpan } from '@meshwork/core/attributes'
import { show, valueOf } from '../typed-value.ts'

/** A compressed message as the recordings write it. */
export interface RecordedMessage {
  readonly words?: readonly string[]
  readonly strings?: Readonly<Record<string, number>>
  readonly int64s?: Readonly<Record<string, string | number>>
  readonly doubles?: Readonly<Record<string, number>>
  readonly bools?: Readonly<Record<string, boolean>>
  readonly timestamps?: Readonly<Record<string, string>>
  readonly durationsNanos?: Readonly<Record<string, string>>
  readonly bytesHex?: Readonly<Record<string, string>>
  readonly stringMaps?: Readonly<Record<string, Readonly<Record<string, number>> | null>>
}

function mapped<A, B>(from: Readonly<Record<string, A>> | undefined, convert: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(from ?? {}).map(([key, value]) => [key, convert(value)]))
}

function timestamp(text: string): { seconds: bigint; nanos: number } {
  const value = valueOf({ type: 'TIMESTAMP', value: text })
  if (typeof value !== 'object' || value instanceof Uint8Array || value.kind !== 'instant') throw new Error(`not a time: ${show(value)}`)
  return splitInstant(value.epochNanos)
}

export function toMessage(recorded: RecordedMessage): CompressedAttributes {
  return {
    ...emptyCompressed([...(recorded.words ?? [])]),
    strings: { ...recorded.strings },
    int64s: mapped(recorded.int64s, value => BigInt(value)),
    doubles: { ...recorded.doubles },
    bools: { ...recorded.bools },
    timestamps: mapped(recorded.timestamps, timestamp),
    durations: mapped(recorded.durationsNanos, nanos => splitSpan(BigInt(nanos))),
    bytes: mapped(recorded.bytesHex, hex => Uint8Array.from(Buffer.from(hex, 'hex'))),
    stringMaps: mapped(recorded.stringMaps, entries => ({ entries: { ...entries } })),
  }
}

/** A form of which equal messages have equal JSON, whatever their map order. */
export function comparable(message: CompressedAttributes): unknown {
  return {
    ...message,
    timestamps: mapped(message.timestamps, time => nanosOf(time)),
    durations: mapped(message.durations, time => nanosOf(time)),
    bytes: mapped(message.bytes, bytes => Buffer.from(bytes).toString('hex')),
  }
}
