import { defineKind, type KindDefinition } from '../definition.ts'
import { wasmPluginShape } from './schema.ts'
import { validateWasmPlugin, warnOfWasm } from './validate.ts'

export const wasmPlugin: KindDefinition = defineKind({
  kind: 'WasmPlugin',
  apiVersions: ['extensions.istio.io/v1alpha1'],
  plural: 'wasmplugins',
  scope: 'Namespaced',
  body: 'spec',
  shape: wasmPluginShape,
  validate: validateWasmPlugin,
  warn: warnOfWasm,
})
