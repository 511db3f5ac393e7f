/** How a backend process behaves. */
export interface BackendOptions {
  /** Begins every answer. */
  readonly name: string
  /** Default: 127.0.0.1. */
  readonly host?: string
  /** Default: any. */
  readonly port?: number
  /** Time between a request and its answer. Default: 0. */
  readonly delayMs?: number
  /** Every so manieth request is answered 503. Default: none. */
  readonly failEvery?: number
}

/** What a backend process tells whoever started it. */
export type BackendReport =
  | { readonly kind: 'ready'; readonly port: number }
  /** Told as each request arrives, so that a backend that is killed has told all. */
  | { readonly kind: 'request'; readonly method: string; readonly path: string; readonly atMs: number }
