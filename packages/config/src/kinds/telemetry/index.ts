import { defineKind, type KindDefinition } from '../definition.ts'
import { telemetryShape } from './schema.ts'
import { warnTelemetry } from './warn.ts'
import { validateTelemetry } from './validate.ts'

export const telemetry: KindDefinition = defineKind({
  kind: 'Telemetry',
  apiVersions: ['telemetry.istio.io/v1', 'telemetry.istio.io/v1alpha1'],
  plural: 'telemetries',
  scope: 'Namespaced',
  body: 'spec',
  shortNames: ['telemetry'],
  shape: telemetryShape,
  validate: validateTelemetry,
  warn: warnTelemetry,
})
