import { objectParser, readRawObject } from '@meshwork/config/kinds'
import { formatViolation } from '@meshwork/core/result'
import { isTree, type ValueTree } from './set-values.ts'

const SETTINGS = /^spec\b/
const NETWORKS = /^spec\.meshNetworks\.networks\b/
const SOURCE = { file: 'values', line: 0 }
const parser = objectParser()

/** What is wrong with the settings of the mesh among the values, by the rules with which pilot reads them: it refuses to start with such. */
export function checkMeshConfig(values: ValueTree): readonly string[] {
  const { meshConfig, global } = values
  const networks = isTree(global) ? global['meshNetworks'] : undefined
  return [
    ...violations(meshConfig ?? {}, path => path.replace(SETTINGS, 'meshConfig')),
    ...violations({ meshNetworks: { networks: networks ?? {} } }, path => path.replace(NETWORKS, 'global.meshNetworks')),
  ]
}

function violations(spec: unknown, placeOf: (path: string) => string): readonly string[] {
  const raw = readRawObject({ apiVersion: 'meshwork.dev/v1', kind: 'MeshConfig', metadata: { name: 'istio' }, spec }, SOURCE, 0)
  if (raw.kind === 'err') return raw.error.map(formatViolation)
  const outcome = parser.parse(raw.value)
  if (outcome.kind !== 'violations') return []
  return outcome.violations.map(found => formatViolation({ ...found, path: placeOf(found.path) }))
}
