/** One resource as it came over xDS. */
export interface KeptResource {
  readonly typeUrl: string
  readonly name: string
  readonly version: string
  /** The encoded message. */
  readonly bytes: Uint8Array
}
