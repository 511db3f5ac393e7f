import type { Labels, StringMatch } from '../shape/networking.ts'

/** A service as Mixer's clients name it: by `service`, or by the other fields. */
export interface ServiceReference {
  readonly name: string
  readonly namespace: string
  readonly domain: string
  readonly service: string
  readonly labels: Labels
}

export interface SpecReference {
  readonly name: string
  readonly namespace: string
}

/** A value of one of Mixer's types; the key says which: `stringValue`, `int64Value` and so on. */
export type WrittenAttribute = Readonly<Record<string, unknown>>

/** `config.istio.io/v1alpha2` HTTPAPISpec: which request is which operation of an API. */
export interface HttpApiSpec {
  readonly attributes: Readonly<Record<string, WrittenAttribute>>
  readonly patterns: readonly ApiPattern[]
  readonly apiKeys: readonly { readonly query?: string; readonly header?: string; readonly cookie?: string }[]
}

export interface ApiPattern {
  readonly attributes: Readonly<Record<string, WrittenAttribute>>
  readonly httpMethod: string
  readonly uriTemplate?: string
  readonly regex?: string
}

export interface HttpApiSpecBinding {
  readonly services: readonly ServiceReference[]
  readonly apiSpecs: readonly SpecReference[]
}

/** `config.istio.io/v1alpha2` QuotaSpec: which request costs how much of which quota. */
export interface QuotaSpec {
  readonly rules: readonly QuotaRule[]
}

export interface QuotaRule {
  /** One of them must hold; empty for every request. Clauses are by attribute. */
  readonly match: readonly { readonly clause: Readonly<Record<string, StringMatch>> }[]
  readonly quotas: readonly { readonly quota: string; readonly charge: number }[]
}

export interface QuotaSpecBinding {
  readonly services: readonly ServiceReference[]
  readonly quotaSpecs: readonly SpecReference[]
}
