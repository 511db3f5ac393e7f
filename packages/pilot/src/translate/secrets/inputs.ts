/** What one delivered secret is made from, and its cache key. PEM texts. */
export type SecretInputs =
  | { readonly kind: 'certificate'; readonly name: string; readonly certificateChainPem: string; readonly privateKeyPem: string }
  | { readonly kind: 'roots'; readonly name: string; readonly pem: string }
