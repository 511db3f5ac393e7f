import { err, ok, violation, type Result, type Violation } from '@meshwork/core/result'
import { parse } from 'yaml'
import type { RawObject } from '../object.ts'
import { isRecord } from '../shape/json-schema.ts'

/** Istio keeps mesh settings in a ConfigMap of this name (`istio-<revision>` for a revision), below this key, as a text. */
const CONFIG_MAP_NAME = /^istio(?:-[a-z0-9-]+)?$/
const CONFIG_MAP_KEY = 'mesh'
const LONGEST_TEXT = 1024 * 1024

/** The MeshConfig in Istio's ConfigMap; undefined for any other object. */
export function meshConfigInConfigMap(raw: RawObject): Result<RawObject, Violation> | undefined {
  if (raw.kind !== 'ConfigMap' || raw.apiVersion !== 'v1' || !CONFIG_MAP_NAME.test(raw.meta.name)) return undefined
  const { data } = raw.document
  const text = isRecord(data) ? data[CONFIG_MAP_KEY] : undefined
  if (typeof text !== 'string') return undefined
  const spec = parsed(text)
  if (spec.kind === 'err') return err(violation(`data.${CONFIG_MAP_KEY}`, 'bad-yaml', spec.error))
  return ok({ ...raw, ...MESH_CONFIG, document: { ...MESH_CONFIG, metadata: raw.document['metadata'], spec: spec.value } })
}

/** A file with nothing but settings, as Istio's `--meshConfigFile` has it, as a document with a kind. */
export function asMeshConfigDocument(settings: unknown): unknown {
  return isRecord(settings) ? { ...MESH_CONFIG, metadata: { name: 'istio' }, spec: settings } : settings
}

const MESH_CONFIG = { apiVersion: 'meshwork.dev/v1', kind: 'MeshConfig' } as const

function parsed(text: string): Result<unknown, string> {
  if (text.length > LONGEST_TEXT) return err(`is longer than ${LONGEST_TEXT} characters`)
  try {
    return ok((parse(text) as unknown) ?? {})
  } catch (thrown) {
    return err(thrown instanceof Error ? (thrown.message.split('\n')[0] ?? 'is not YAML') : 'is not YAML')
  }
}
