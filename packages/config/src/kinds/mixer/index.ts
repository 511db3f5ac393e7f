import { defineKind, noFurtherRules, type KindDefinition } from '../definition.ts'
import { MIXER_SHORT_KINDS } from './defaults.ts'
import { attributeManifestShape, handlerShape, instanceShape, ruleShape, shortShape } from './schema.ts'
import { validateHandler, validateInstance, validateRule } from './validate.ts'

const place = { apiVersions: ['config.istio.io/v1alpha2'], scope: 'Namespaced', body: 'spec' } as const

/** `prometheus` makes `prometheuses`, `proxy` would make `proxies`. */
function pluralOf(kind: string): string {
  if (/[^aeiou]y$/.test(kind)) return `${kind.slice(0, -1)}ies`
  return /(?:s|x|ch)$/.test(kind) ? `${kind}es` : `${kind}s`
}

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
  ...MIXER_SHORT_KINDS.map(kind => defineKind({ ...place, kind, plural: pluralOf(kind), shape: shortShape, validate: noFurtherRules })),
]
