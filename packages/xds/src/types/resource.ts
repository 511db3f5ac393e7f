import { hash } from 'node:crypto'

/** One resource, encoded at most once: all subscribers share the bytes, and the version is a hash of them. */
export interface XdsResource {
  readonly name: string
  readonly typeUrl: string
  /** Content hash, so that a restart of the control plane sends nothing that the client already has. */
  readonly version: string
  /** The encoded message, the `value` of its `Any`. */
  readonly bytes: Uint8Array
  /** Names of clusters that it leads to, for resources that must not be there before those. */
  readonly refersTo?: ReadonlySet<string>
}

const NO_REFERENCES: ReadonlySet<string> = new Set()

/** Encodes when first read. */
class SealedResource implements XdsResource {
  readonly name: string
  readonly typeUrl: string
  private encode: (() => Uint8Array) | null
  private encoded: Uint8Array | null = null
  private hash: string | null = null
  private findReferences: (() => ReadonlySet<string>) | null
  private references: ReadonlySet<string> = NO_REFERENCES

  constructor(typeUrl: string, name: string, encode: () => Uint8Array, findReferences: (() => ReadonlySet<string>) | null) {
    this.findReferences = findReferences
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

  get refersTo(): ReadonlySet<string> {
    if (this.findReferences !== null) {
      this.references = this.findReferences()
      this.findReferences = null
    }
    return this.references
  }

  get version(): string {
    this.hash ??= hash('sha256', this.bytes, 'base64url').slice(0, 16)
    return this.hash
  }
}

/** `refersTo` is asked when first needed. */
export function seal(
  typeUrl: string,
  name: string,
  encode: () => Uint8Array,
  refersTo: (() => ReadonlySet<string>) | null = null,
): XdsResource {
  return new SealedResource(typeUrl, name, encode, refersTo)
}
