import { defineKind, type KindDefinition } from '../definition.ts'
import { meshConfigShape } from './schema.ts'
import { validateMeshConfig, warnMeshConfig } from './validate.ts'

export const meshConfig: KindDefinition = defineKind({
  kind: 'MeshConfig',
  apiVersions: ['meshwork.dev/v1'],
  plural: 'meshconfigs',
  scope: 'Cluster',
  body: 'spec',
  shape: meshConfigShape,
  validate: validateMeshConfig,
  warn: warnMeshConfig,
})
