import { createHash } from 'node:crypto'

/** One resource, encoded at most once: all subscribers share the bytes, and the version is a hash of them. */
export interface XdsResource {
  readonly name: string
  readonly typeUrl: string
  /** Content hash, so that a restart of the control plane sends nothing that the client already has. */
  readonly version: string
  /** The encoded message, the `value` of its `Any`. */
  readonly bytes: Uint8Array
}

/** Encodes when first read. */
class SealedResource implements XdsResource {
  readonly name: string
  readonly typeUrl: string
  private encode: (() => Uint8Array) | null
  private encoded: Uint8Array | null = null
  private hash: string | null = null

  constructor(typeUrl: string, name: string, encode: () => Uint8Array) {
    this.typeUrl = typeUrl
    this.name = name
    this.encode = encode
  }

  get bytes(): Uint8Array {
    if (this.encoded === null) {
      this.encoded = this.encode?.() ?? new Uint8Array()
      this.encode = null
    }
    return this.encoded
  }

  get version(): string {
    this.hash ??= createHash('sha256').update(this.bytes).digest('base64url').slice(0, 16)
    return this.hash
  }
}

export function seal(typeUrl: string, name: string, encode: () => Uint8Array): XdsResource {
  return new SealedResource(typeUrl, name, encode)
}
