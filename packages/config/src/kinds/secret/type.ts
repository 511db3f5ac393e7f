/** Kubernetes `v1` Secret: `data` decoded and `stringData` together, the latter winning as at an API server. */
export interface SecretSpec {
  readonly type: string
  readonly data: Readonly<Record<string, Uint8Array>>
}
