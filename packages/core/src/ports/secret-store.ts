/** The named byte strings of one secret, such as `ca-cert.pem` and `ca-key.pem`. */
export type SecretData = ReadonlyMap<string, Buffer>

/**
 * Where secrets outlive a process. Local mode keeps them in a directory, a cluster in its API.
 * Both keep a secret whole: a reader sees all of its entries or none.
 */
export interface SecretStore {
  /** `undefined` only if the secret is known not to exist; whenever that is unknown, rejects with a `MeshError`. */
  read(name: string): Promise<SecretData | undefined>
  /** Never overwrites: of two that create the same secret at once, one is told `exists` and reads what the other wrote. */
  create(name: string, data: SecretData): Promise<'created' | 'exists'>
}
