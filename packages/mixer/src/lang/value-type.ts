/** The eleven types of attributes and expressions (`istio.policy.v1beta1.ValueType`). */
export const VALUE_TYPES = [
  'STRING',
  'INT64',
  'DOUBLE',
  'BOOL',
  'TIMESTAMP',
  'IP_ADDRESS',
  'EMAIL_ADDRESS',
  'URI',
  'DNS_NAME',
  'DURATION',
  'STRING_MAP',
] as const
export type ValueType = (typeof VALUE_TYPES)[number]

/** Types of attributes by name: what the attribute manifests declare. */
export type AttributeTypes = ReadonlyMap<string, ValueType>

export function parseValueType(text: string): ValueType | undefined {
  return VALUE_TYPES.find(type => type === text)
}
