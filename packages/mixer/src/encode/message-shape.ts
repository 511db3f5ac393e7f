/** What a field of a template or of an adapter's parameters holds. Numbers and names are those of its `.proto`. */
export type FieldType =
  | { readonly kind: 'string' | 'int64' | 'int32' | 'double' | 'bool' }
  /** The types of `istio.policy.v1beta1`: the configuration decides the type of a `value`, the others are wrapped. */
  | { readonly kind: 'value' | 'timestamp' | 'ip' | 'dns-name' | 'email' | 'uri' | 'wrapped-duration' }
  /** `google.protobuf.Duration`. */
  | { readonly kind: 'duration' }
  | { readonly kind: 'enum'; readonly members: ReadonlyMap<string, number> }
  | { readonly kind: 'message'; readonly shape: MessageShape }
  | { readonly kind: 'map'; readonly of: FieldType }
  | { readonly kind: 'list'; readonly of: FieldType }

export interface FieldShape {
  /** As in the `.proto`, in snake_case. */
  readonly name: string
  readonly number: number
  readonly type: FieldType
}

/** The fields of a message: what an encoder needs to know of its descriptor. */
export interface MessageShape {
  readonly fields: readonly FieldShape[]
}

export function shape(...fields: readonly FieldShape[]): MessageShape {
  return { fields }
}

export function field(name: string, number: number, type: FieldType): FieldShape {
  return { name, number, type }
}

export const STRING: FieldType = { kind: 'string' }
export const VALUE: FieldType = { kind: 'value' }
export const VALUES: FieldType = { kind: 'map', of: VALUE }

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** Documents may write `value_type` or `valueType`. */
export function fieldNamed(message: MessageShape, name: string): FieldShape | undefined {
  return message.fields.find(candidate => candidate.name === name || camelCase(candidate.name) === name)
}
