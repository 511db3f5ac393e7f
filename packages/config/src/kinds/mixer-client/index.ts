import { defineKind, type KindDefinition } from '../definition.ts'
import { httpApiSpecBindingShape, httpApiSpecShape, quotaSpecBindingShape, quotaSpecShape } from './schema.ts'
import { validateHttpApiSpec, validateHttpApiSpecBinding, validateQuotaSpec, validateQuotaSpecBinding } from './validate.ts'

const place = { apiVersions: ['config.istio.io/v1alpha2'], scope: 'Namespaced', body: 'spec' } as const

/** What the proxies' side of Mixer is told by configuration. */
export const mixerClientKinds: readonly KindDefinition[] = [
  defineKind({ ...place, kind: 'HTTPAPISpec', plural: 'httpapispecs', shape: httpApiSpecShape, validate: validateHttpApiSpec }),
  defineKind({
    ...place,
    kind: 'HTTPAPISpecBinding',
    plural: 'httpapispecbindings',
    shape: httpApiSpecBindingShape,
    validate: validateHttpApiSpecBinding,
  }),
  defineKind({ ...place, kind: 'QuotaSpec', plural: 'quotaspecs', shape: quotaSpecShape, validate: validateQuotaSpec }),
  defineKind({
    ...place,
    kind: 'QuotaSpecBinding',
    plural: 'quotaspecbindings',
    shape: quotaSpecBindingShape,
    validate: validateQuotaSpecBinding,
  }),
]
