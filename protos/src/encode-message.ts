import { BinaryWriter } from '@bufbuild/protobuf/wire'

/** What ts-proto generates for each message, as far as writing needs it. */
export interface MessageEncoder<T> {
  encode(message: T, writer?: BinaryWriter): { finish(): Uint8Array }
}

/** A writer that grew beyond this is not kept, in bytes. */
const LARGEST_KEPT = 1 << 20

/** One writer for all: a fresh one allocates anew, and copies, each time that a message outgrows its buffer. */
let shared: BinaryWriter = new BinaryWriter()

/** The bytes of a message; they are the caller's own. */
export function encodeMessage<T>(codec: MessageEncoder<T>, message: T): Uint8Array {
  const writer = shared
  // Whoever is called while it is in use, or after a message that could not be written, gets another one.
  shared = new BinaryWriter()
  const bytes = codec.encode(message, writer).finish()
  if (bytes.length <= LARGEST_KEPT) shared = writer
  return bytes
}
