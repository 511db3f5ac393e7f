import { combined, constrained, mapped, object, optional, orElse, type Field, type Shape } from '../shape/shape.ts'
import { anyObject, flag, labels, listField, map, mapField, number, stringMatch, text } from '../shape/values.ts'
import type * as mx from './type.ts'

const VALUE_KINDS = {
  stringValue: text,
  int64Value: number,
  doubleValue: number,
  boolValue: flag,
  bytesValue: text,
  timestampValue: text,
  durationValue: text,
  stringMapValue: anyObject,
} as const

const value: Shape<mx.WrittenAttribute> = object<mx.WrittenAttribute>(
  Object.fromEntries(Object.entries(VALUE_KINDS).map(([name, shape]) => [name, optional<unknown>(shape)])),
  { atMostOne: [Object.keys(VALUE_KINDS)], atLeastOne: Object.keys(VALUE_KINDS) },
)

/** Mixer's message wraps the map in a field of the same name. */
const wrapped = mapped(
  object<{ readonly attributes: Readonly<Record<string, mx.WrittenAttribute>> }>({ attributes: mapField(value) }),
  ({ attributes }) => attributes,
)
const attributes: Field<Readonly<Record<string, mx.WrittenAttribute>>> = orElse(wrapped, Object.freeze({}))

const service = object<mx.ServiceReference>({
  name: orElse(text, ''),
  namespace: orElse(text, ''),
  domain: orElse(text, ''),
  service: orElse(text, ''),
  labels,
})

const spec = object<mx.SpecReference>({ name: orElse(text, ''), namespace: orElse(text, '') })

const pattern = object<mx.ApiPattern>(
  { attributes, httpMethod: orElse(text, ''), uriTemplate: optional(text), regex: optional(text) },
  { atMostOne: [['uriTemplate', 'regex']] },
)

const apiKey = object<mx.HttpApiSpec['apiKeys'][number]>(
  { query: optional(text), header: optional(text), cookie: optional(text) },
  { atMostOne: [['query', 'header', 'cookie']] },
)

/** A charge may be written as a text, as proto3's JSON mapping has 64-bit numbers; 1 if there is none. */
const charge: Field<number> = combined<{ readonly charge?: number | string }, number>(
  { charge: optional<number | string>({ schema: { 'x-kubernetes-int-or-string': true }, read: Number }) },
  parts => Number(parts.charge ?? 1),
)

const quotaRule = object<mx.QuotaRule>({
  match: listField(object<mx.QuotaRule['match'][number]>({ clause: orElse(map(stringMatch), Object.freeze({})) })),
  quotas: listField(object<mx.QuotaRule['quotas'][number]>({ quota: orElse(text, ''), charge })),
})

export const httpApiSpecShape: Shape<mx.HttpApiSpec> = constrained(
  object<mx.HttpApiSpec>({ attributes, patterns: listField(pattern), apiKeys: listField(apiKey) }),
  { description: 'Which request is which operation of an API' },
)

export const httpApiSpecBindingShape: Shape<mx.HttpApiSpecBinding> = constrained(
  object<mx.HttpApiSpecBinding>({ services: listField(service), apiSpecs: listField(spec) }),
  { description: 'Which services have an HTTPAPISpec' },
)

export const quotaSpecShape: Shape<mx.QuotaSpec> = constrained(object<mx.QuotaSpec>({ rules: listField(quotaRule) }), {
  description: 'Which request costs how much of which quota',
})

export const quotaSpecBindingShape: Shape<mx.QuotaSpecBinding> = constrained(
  object<mx.QuotaSpecBinding>({ services: listField(service), quotaSpecs: listField(spec) }),
  { description: 'Which services have a QuotaSpec' },
)
