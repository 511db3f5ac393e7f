import type { EndpointSpec, RequestSpec } from '../scenario.ts'

/** What an endpoint received. */
export interface Note {
  readonly endpoint: string
  readonly port: number
  readonly protocol: string
  readonly method: string
  readonly path: string
  readonly host: string
  readonly sni: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

/** What a caller got. `outcome` is `ok` or `error:<kind>`. */
export interface Answer {
  readonly outcome: string
  /** 0 without an HTTP answer. */
  readonly status: number
  readonly endpoint: string | null
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  /** Names in the certificate the caller was shown. Empty without TLS. */
  readonly serverCert: readonly string[]
  readonly durationMs: number
}

/** An endpoint to serve, with the address to bind and the names for its own certificate. */
export interface ServedEndpoint {
  readonly spec: EndpointSpec
  readonly bindAddress: string
  readonly certificate: { readonly certificate: string; readonly key: string } | null
}

/** A request to make, with the client certificate as PEM. */
export interface DrivenRequest {
  readonly spec: RequestSpec
  readonly certificate: { readonly certificate: string; readonly key: string } | null
}

/** From the runner to a pod process. */
export type Command =
  | { readonly kind: 'serve'; readonly id: number; readonly endpoints: readonly ServedEndpoint[] }
  | { readonly kind: 'request'; readonly id: number; readonly request: DrivenRequest }
  | { readonly kind: 'flush'; readonly id: number }
  | { readonly kind: 'plan-step'; readonly id: number; readonly index: number }

/** From a pod process to the runner. `note` messages come before the `done` of a later `flush`. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'note'; readonly note: Note }
  | { readonly kind: 'plan'; readonly id: number; readonly key: string }
  | { readonly kind: 'done'; readonly id: number; readonly answers: readonly Answer[] }
  | { readonly kind: 'error'; readonly id: number; readonly message: string }
