import { defineKind, noFurtherRules, type KindDefinition } from '../definition.ts'
import { attributeManifestShape, handlerShape, instanceShape, ruleShape, shortShape } from './schema.ts'
import { validateHandler, validateInstance, validateRule } from './validate.ts'

const place = { apiVersions: ['config.istio.io/v1alpha2'], scope: 'Namespaced', body: 'spec' } as const

/** The adapters and templates that Istio 1.0's configuration names by kind. */
const SHORT_KINDS = [
  ['denier', 'deniers'],
  ['checknothing', 'checknothings'],
  ['prometheus', 'prometheuses'],
  ['metric', 'metrics'],
] as const

export const mixerKinds: readonly KindDefinition[] = [
  defineKind({ ...place, kind: 'rule', plural: 'rules', shape: ruleShape, validate: validateRule }),
  defineKind({ ...place, kind: 'handler', plural: 'handlers', shape: handlerShape, validate: validateHandler }),
  defineKind({ ...place, kind: 'instance', plural: 'instances', shape: instanceShape, validate: validateInstance }),
  defineKind({
    ...place,
    kind: 'attributemanifest',
    plural: 'attributemanifests',
    shape: attributeManifestShape,
    validate: noFurtherRules,
  }),
  ...SHORT_KINDS.map(([kind, plural]) => defineKind({ ...place, kind, plural, shape: shortShape, validate: noFurtherRules })),
]
