import { BinaryWriter } from '@bufbuild/protobuf/wire'

export type { BinaryWriter }

/** What ts-proto generates for each message, as far as writing needs it. */
export interface MessageEncoder<T> {
  encode(message: T, writer?: BinaryWriter): { finish(): Uint8Array }
}

/** A writer that grew beyond this is not kept, in bytes. */
const LARGEST_KEPT = 1 << 20

/** One writer for all: a fresh one allocates anew, and copies, each time that a message outgrows its buffer. */
let shared: BinaryWriter | null = null

/** The bytes of a message; they are the caller's own. */
export function encodeMessage<T>(codec: MessageEncoder<T>, message: T): Uint8Array {
  return encodeWith(writer => void codec.encode(message, writer))
}

/** The bytes that `write` writes, for messages that are put together from parts: fields may be written one after the other. */
export function encodeWith(write: (writer: BinaryWriter) => void): Uint8Array {
  // Whoever is called while it is in use, or after a message that could not be written, gets another one.
  const writer = shared ?? new BinaryWriter()
  shared = null
  write(writer)
  const bytes = writer.finish()
  shared = bytes.length <= LARGEST_KEPT ? writer : null
  return bytes
}
