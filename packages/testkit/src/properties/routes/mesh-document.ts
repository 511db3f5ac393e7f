/** A text match as documents write it; `{}` asks for presence. */
export interface TextMatch {
  readonly exact?: string
  readonly prefix?: string
  readonly regex?: string
}

export type TextMatches = Readonly<Record<string, TextMatch>>

/** The part of a match block that the property is about. */
export interface MatchDocument {
  readonly uri?: TextMatch
  readonly ignoreUriCase?: boolean
  readonly method?: TextMatch
  readonly authority?: TextMatch
  readonly scheme?: TextMatch
  readonly headers?: TextMatches
  readonly withoutHeaders?: TextMatches
  readonly queryParams?: TextMatches
  readonly port?: number
  readonly sourceLabels?: Readonly<Record<string, string>>
  readonly sourceNamespace?: string
  readonly gateways?: readonly string[]
}

/** `name` is unlike every other in the mesh, so that it tells which route decided. */
export interface RouteDocument {
  readonly name: string
  readonly match?: readonly MatchDocument[]
  readonly route?: readonly { readonly destination: { readonly host: string } }[]
  readonly delegate?: { readonly name: string }
}

export interface VirtualServiceDocument {
  readonly apiVersion: 'networking.istio.io/v1'
  readonly kind: 'VirtualService'
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: { readonly hosts?: readonly string[]; readonly exportTo?: readonly string[]; readonly http: readonly RouteDocument[] }
}

export interface ServiceFacts {
  readonly name: string
  readonly namespace: string
  readonly ip: string
  readonly ports: readonly number[]
}

/** Services and VirtualServices, the oldest first. */
export interface MeshDocument {
  readonly services: readonly ServiceFacts[]
  readonly virtualServices: readonly VirtualServiceDocument[]
}

/** Whose requests are routed. */
export const CALLER: {
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly domain: string
} = { namespace: 'default', labels: { app: 'caller', version: 'v1' }, domain: 'default.svc.cluster.local' }

export interface RequestDocument {
  /** Where the connection goes. */
  readonly port: number
  readonly authority: string
  readonly method: string
  readonly path: string
  /** Each name at most once, in lower case. */
  readonly headers: Readonly<Record<string, string>>
}
