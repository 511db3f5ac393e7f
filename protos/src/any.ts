/**
 * `google.protobuf.Any` with one explicit table of the types Meshwork knows.
 * A message module is registered by its own name; the table is built by the caller, never by import side effect.
 */
import type { Any } from '../gen/google/protobuf/any.ts'
import { encodeMessage, type MessageEncoder } from './encode-message.ts'

/** What ts-proto generates for each message, as far as `Any` needs it. */
export interface MessageCodec<T> extends MessageEncoder<T> {
  decode(bytes: Uint8Array): T
  toJSON(message: T): unknown
}

/** A message type with its full protobuf name, for example `envoy.config.cluster.v3.Cluster`. */
export interface MessageType<T> {
  readonly name: string
  readonly codec: MessageCodec<T>
}

const TYPE_URL_PREFIX = 'type.googleapis.com/'

export function typeUrl(name: string): string {
  return TYPE_URL_PREFIX + name
}

/** Full message name of a type URL: what stands after the last slash (Any.type_url). */
export function messageName(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1)
}

export function messageType<T>(name: string, codec: MessageCodec<T>): MessageType<T> {
  return { name, codec }
}

export function packAny<T>(type: MessageType<T>, message: T): Any {
  return { typeUrl: typeUrl(type.name), value: encodeMessage(type.codec, message) }
}

/** The message inside, or undefined when `any` holds another type. Throws on malformed bytes, as ts-proto does. */
export function unpackAny<T>(type: MessageType<T>, any: Any): T | undefined {
  return messageName(any.typeUrl) === type.name ? type.codec.decode(any.value) : undefined
}
