import { type Fields, isFields } from './json.ts'

/** Lists of pods whose items have a key, by the name of the list; Kubernetes declares them so. All other lists are replaced whole. */
const KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  volumes: 'name',
  imagePullSecrets: 'name',
  env: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  ports: 'containerPort',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  resourceClaims: 'name',
}
/** Directive inside an item or an object of a patch. */
const DIRECTIVE = '$patch'

/**
 * Kubernetes' strategic merge patch, as far as pods need it: objects field by field, lists with a key item by item (new items at the
 * end), everything else by the value of the patch. null removes; `$patch: delete` removes an item, `$patch: replace` ends the merging.
 */
export function strategicMerge(base: Fields, patch: Fields): Fields {
  if (patch[DIRECTIVE] === 'replace') return strategicMerge({}, { ...patch, [DIRECTIVE]: null })
  const merged: Record<string, unknown> = { ...base }
  for (const [field, value] of Object.entries(patch)) {
    if (field === DIRECTIVE) continue
    if (value === null) delete merged[field]
    else merged[field] = mergedValue(field, merged[field], value)
  }
  return merged
}

function mergedValue(field: string, before: unknown, value: unknown): unknown {
  const key = KEYS[field]
  if (Array.isArray(value)) return key === undefined ? value : mergedList(key, Array.isArray(before) ? before : [], value)
  return isFields(value) ? strategicMerge(isFields(before) ? before : {}, value) : value
}

function mergedList(key: string, before: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  const result: unknown[] = [...before]
  for (const item of patch) {
    if (!isFields(item)) continue
    const place = result.findIndex(each => isFields(each) && each[key] === item[key])
    const found = result[place]
    if (item[DIRECTIVE] === 'delete') {
      if (place >= 0) result.splice(place, 1)
    } else if (isFields(found)) result[place] = strategicMerge(found, item)
    else result.push(strategicMerge({}, item))
  }
  return result
}
