import { constrained, mapped, object, orElse, type Shape } from '../shape/shape.ts'
import { mapField, text } from '../shape/values.ts'
import { DEFAULT_SECRET_TYPE } from './defaults.ts'
import type { SecretSpec } from './type.ts'

interface WrittenSecret {
  readonly type: string
  readonly data: Readonly<Record<string, string>>
  readonly stringData: Readonly<Record<string, string>>
}

function decode({ type, data, stringData }: WrittenSecret): SecretSpec {
  const decoded = Object.entries(data).map(([key, base64]) => [key, Buffer.from(base64, 'base64')] as const)
  const written = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value)] as const)
  return Object.freeze({ type, data: Object.freeze(Object.fromEntries([...decoded, ...written])) })
}

export const secretShape: Shape<SecretSpec> = constrained(
  mapped(
    object<WrittenSecret>({ type: orElse(text, DEFAULT_SECRET_TYPE), data: mapField(text), stringData: mapField(text) }, { open: true }),
    decode,
  ),
  { description: 'Keys, certificates and passwords' },
)
