import { err, ok, violation, type Result, type Violation } from '@meshwork/core/result'
import { parse } from 'yaml'
import type { RawObject } from '../object.ts'
import { isRecord } from '../shape/json-schema.ts'

/** Istio keeps mesh settings in a ConfigMap of this name (`istio-<revision>` for a revision), below these keys, as texts. */
const CONFIG_MAP_NAME = /^istio(?:-[a-z0-9-]+)?$/
const SETTINGS_KEY = 'mesh'
const NETWORKS_KEY = 'meshNetworks'
const LONGEST_TEXT = 1024 * 1024

/** The MeshConfig in Istio's ConfigMap; undefined for any other object. */
export function meshConfigInConfigMap(raw: RawObject): Result<RawObject, Violation> | undefined {
  if (raw.kind !== 'ConfigMap' || raw.apiVersion !== 'v1' || !CONFIG_MAP_NAME.test(raw.meta.name)) return undefined
  const { data } = raw.document
  if (!isRecord(data) || (typeof data[SETTINGS_KEY] !== 'string' && typeof data[NETWORKS_KEY] !== 'string')) return undefined
  const [settings, networks] = [parsedKey(data, SETTINGS_KEY), parsedKey(data, NETWORKS_KEY)]
  if (settings.kind === 'err') return settings
  if (networks.kind === 'err') return networks
  const spec = isRecord(settings.value) && isRecord(networks.value) ? { meshNetworks: networks.value, ...settings.value } : settings.value
  return ok({ ...raw, ...MESH_CONFIG, document: { ...MESH_CONFIG, metadata: raw.document['metadata'], spec } })
}

/** Where in the ConfigMap that stands which a violation of the MeshConfig in it names. */
export function placeInConfigMap(path: string): string {
  return path.startsWith('spec.meshNetworks') ? path.replace('spec', 'data') : `data.${SETTINGS_KEY}.${path}`
}

/** A file with nothing but settings, as Istio's `--meshConfigFile` has it, as a document with a kind. */
export function asMeshConfigDocument(settings: unknown): unknown {
  return isRecord(settings) ? { ...MESH_CONFIG, metadata: { name: 'istio' }, spec: settings } : settings
}

/** A file with nothing but networks, as Istio's `--networksConfig` has it, as a document with a kind. */
export function asNetworksDocument(networks: unknown): unknown {
  return isRecord(networks) ? asMeshConfigDocument({ meshNetworks: networks }) : networks
}

const MESH_CONFIG = { apiVersion: 'meshwork.dev/v1', kind: 'MeshConfig' } as const

function parsedKey(data: Readonly<Record<string, unknown>>, key: string): Result<unknown, Violation> {
  const text = data[key]
  if (typeof text !== 'string') return ok({})
  const value = parsed(text)
  return value.kind === 'ok' ? value : err(violation(`data.${key}`, 'bad-yaml', value.error))
}

function parsed(text: string): Result<unknown, string> {
  if (text.length > LONGEST_TEXT) return err(`is longer than ${LONGEST_TEXT} characters`)
  try {
    return ok((parse(text) as unknown) ?? {})
  } catch (thrown) {
    return err(thrown instanceof Error ? (thrown.message.split('\n')[0] ?? 'is not YAML') : 'is not YAML')
  }
}
