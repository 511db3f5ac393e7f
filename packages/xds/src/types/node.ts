/** Who is on the other end of a stream (envoy.config.core.v3.Node), as far as Meshwork reads it. */
export interface XdsNode {
  readonly id: string
  readonly cluster: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly locality: { readonly region: string; readonly zone: string; readonly subZone: string }
  readonly userAgentName: string
}
