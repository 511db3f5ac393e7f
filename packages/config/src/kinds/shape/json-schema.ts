/** The part of JSON Schema that Kubernetes takes as a structural schema; the CRDs are made from it. */
export interface JsonSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxProperties?: number
  readonly pattern?: string
  /** `duration`, `ip`: checked by functions of ours, and exported to CRDs as plain strings. */
  readonly format?: string
  readonly 'x-kubernetes-int-or-string'?: true
  readonly 'x-kubernetes-preserve-unknown-fields'?: true
  /** Groups of properties of which at most one may be set; exported to CRDs as a CEL rule. */
  readonly 'x-meshwork-at-most-one'?: readonly (readonly string[])[]
  /** Properties of which at least one must be set; exported to CRDs as a CEL rule. */
  readonly 'x-meshwork-at-least-one'?: readonly string[]
  /** Numbers of the names in `enum`, where they do not simply count from 0. */
  readonly 'x-meshwork-enum-numbers'?: Readonly<Record<string, number>>
  /** The field works, but there is a better one: what to write instead. Setting it is a warning. */
  readonly 'x-meshwork-deprecated'?: string
  /** The field is read and means nothing here: why. Setting it is a warning. */
  readonly 'x-meshwork-unused'?: string
}

/** A document part that is known to be an object. */
export type RawRecord = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is RawRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
