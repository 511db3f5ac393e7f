import { defineKind, type KindDefinition } from '../definition.ts'
import { envoyFilterShape } from './schema.ts'
import { validateEnvoyFilter, warnEnvoyFilter } from './validate.ts'

export const envoyFilter: KindDefinition = defineKind({
  kind: 'EnvoyFilter',
  apiVersions: ['networking.istio.io/v1alpha3', 'networking.istio.io/v1', 'networking.istio.io/v1beta1'],
  plural: 'envoyfilters',
  scope: 'Namespaced',
  body: 'spec',
  shape: envoyFilterShape,
  validate: validateEnvoyFilter,
  warn: warnEnvoyFilter,
})
