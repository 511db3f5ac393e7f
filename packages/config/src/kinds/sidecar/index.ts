import { defineKind, type KindDefinition } from '../definition.ts'
import { sidecarShape } from './schema.ts'
import { validateSidecar, warnSidecar } from './validate.ts'

export const sidecar: KindDefinition = defineKind({
  kind: 'Sidecar',
  apiVersions: ['networking.istio.io/v1', 'networking.istio.io/v1beta1', 'networking.istio.io/v1alpha3'],
  plural: 'sidecars',
  scope: 'Namespaced',
  body: 'spec',
  shape: sidecarShape,
  validate: validateSidecar,
  warn: warnSidecar,
})
