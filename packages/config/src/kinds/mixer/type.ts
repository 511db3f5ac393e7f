import type { MIXER_SHORT_KINDS } from './defaults.ts'

/** A `config.istio.io/v1alpha2` rule: under which condition which handlers get which instances. */
export interface MixerRule {
  /** Expression over attributes; empty means always. */
  readonly match: string
  readonly actions: readonly MixerAction[]
}

export interface MixerAction {
  /** `name`, `name.namespace` or, for short kinds, `name.kind[.namespace]`, as written. */
  readonly handler: string
  readonly instances: readonly string[]
  readonly name?: string
}

/** A configured adapter: an out-of-process one names `adapter` and `connection`, a compiled one `compiledAdapter`. */
export interface MixerHandler {
  readonly adapter?: string
  readonly compiledAdapter?: string
  readonly connection?: { readonly address: string; readonly timeoutMs?: number }
  /** Checked by Mixer against the adapter's own schema. */
  readonly params: Readonly<Record<string, unknown>>
}

/** A mapping of attributes into a template. */
export interface MixerInstance {
  readonly template?: string
  readonly compiledTemplate?: string
  /** Expressions by field; checked by Mixer against the template. */
  readonly params: Readonly<Record<string, unknown>>
  readonly attributeBindings: Readonly<Record<string, string>>
}

export interface AttributeManifest {
  readonly revision: string
  readonly name: string
  readonly attributes: Readonly<Record<string, AttributeInfo>>
}

export interface AttributeInfo {
  readonly description: string
  /** Name of an `istio.policy.v1beta1.ValueType` member, `STRING` for example. */
  readonly valueType: string
}

/** Istio 1.0's short kinds: the kind is the adapter or template, and the whole spec its parameters. */
export interface MixerShortSpec {
  readonly params: Readonly<Record<string, unknown>>
}

interface MixerSpecs {
  readonly rule: MixerRule
  readonly handler: MixerHandler
  readonly instance: MixerInstance
  readonly attributemanifest: AttributeManifest
}

export type MixerSpec<K extends keyof MixerSpecs> = MixerSpecs[K]

/** The adapters and templates that Istio 1.0's configuration names by kind. */
export type MixerShortKind = (typeof MIXER_SHORT_KINDS)[number]
