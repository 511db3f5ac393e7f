import { constrained, from, mapped, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { anyObject, duration, listField, mapField, text } from '../shape/values.ts'
import { MATCH_ALL } from './defaults.ts'
import type * as mx from './type.ts'

const action = object<mx.MixerAction>({ handler: orElse(text, ''), instances: listField(text), name: optional(text) })

export const ruleShape: Shape<mx.MixerRule> = constrained(
  object<mx.MixerRule>({ match: orElse(text, MATCH_ALL), actions: listField(action) }),
  {
    description: 'Under which condition which handlers get which instances',
  },
)

const connection = object<NonNullable<mx.MixerHandler['connection']>>({
  address: required(text),
  timeoutMs: from('timeout', optional(duration)),
})

export const handlerShape: Shape<mx.MixerHandler> = constrained(
  object<mx.MixerHandler>(
    { adapter: optional(text), compiledAdapter: optional(text), connection: optional(connection), params: orElse(anyObject, {}) },
    { atMostOne: [['adapter', 'compiledAdapter']] },
  ),
  { description: 'A configured adapter' },
)

export const instanceShape: Shape<mx.MixerInstance> = constrained(
  object<mx.MixerInstance>(
    { template: optional(text), compiledTemplate: optional(text), params: orElse(anyObject, {}), attributeBindings: mapField(text) },
    { atMostOne: [['template', 'compiledTemplate']] },
  ),
  { description: 'A mapping of attributes into a template' },
)

const attribute = object<mx.AttributeInfo>({
  description: orElse(text, ''),
  valueType: from('valueType', orElse(text, 'VALUE_TYPE_UNSPECIFIED')),
})

export const attributeManifestShape: Shape<mx.AttributeManifest> = constrained(
  object<mx.AttributeManifest>({ revision: orElse(text, ''), name: orElse(text, ''), attributes: mapField(attribute) }),
  { description: 'Names and types of attributes' },
)

/** The whole spec is parameters, of which Mixer knows the schema. */
export const shortShape: Shape<mx.MixerShortSpec> = constrained(
  mapped(anyObject, params => Object.freeze({ params })),
  { description: 'Parameters of the adapter or template that the kind names' },
)
