import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { type AttributeValue, splitInstant, splitSpan } from '@meshwork/core/attributes'

/** Writes one message's fields to a writer. */
export type WriteFields = (writer: BinaryWriter) => void

export function writeMessage(writer: BinaryWriter, number: number, fields: WriteFields): void {
  writer.tag(number, WireType.LengthDelimited).fork()
  fields(writer)
  writer.join()
}

export function messageBytes(fields: WriteFields): Uint8Array {
  const writer = new BinaryWriter()
  fields(writer)
  return writer.finish()
}

export function writeText(writer: BinaryWriter, number: number, value: string): void {
  writer.tag(number, WireType.LengthDelimited).string(value)
}

export function writeBytes(writer: BinaryWriter, number: number, value: Uint8Array): void {
  writer.tag(number, WireType.LengthDelimited).bytes(value)
}

export function writeInt(writer: BinaryWriter, number: number, value: bigint): void {
  writer.tag(number, WireType.Varint).int64(value)
}

export function writeDouble(writer: BinaryWriter, number: number, value: number): void {
  writer.tag(number, WireType.Bit64).double(value)
}

export function writeBool(writer: BinaryWriter, number: number, value: boolean): void {
  writer.tag(number, WireType.Varint).bool(value)
}

/** `google.protobuf.Timestamp` and `Duration` have the same two fields. */
export function writeTime(writer: BinaryWriter, number: number, value: AttributeValue): void {
  if (typeof value !== 'object' || value instanceof Uint8Array || value.kind === 'map') return
  const { seconds, nanos } = value.kind === 'instant' ? splitInstant(value.epochNanos) : splitSpan(value.nanos)
  writeMessage(writer, number, inner => {
    writeInt(inner, 1, seconds)
    writeInt(inner, 2, BigInt(nanos))
  })
}

/** A value under its own wire type: text, number, bool, bytes, or the time messages. */
export function writeValue(writer: BinaryWriter, number: number, value: AttributeValue): void {
  if (typeof value === 'string') writeText(writer, number, value)
  else if (typeof value === 'bigint') writeInt(writer, number, value)
  else if (typeof value === 'number') writeDouble(writer, number, value)
  else if (typeof value === 'boolean') writeBool(writer, number, value)
  else if (value instanceof Uint8Array) writeBytes(writer, number, value)
  else writeTime(writer, number, value)
}
