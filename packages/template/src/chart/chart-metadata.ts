import { MeshError } from '@meshwork/core/result'

import { isList, isMap, isNil, newMap } from '../engine/values.ts'
import type { TemplateMap } from '../engine/values.ts'
import type { ChartDependency, ChartMetadata } from './chart.ts'

/** Chart.yaml's fields as templates name them; texts are empty when they are missing. */
const TEXTS: Readonly<Record<string, string>> = {
  name: 'Name',
  home: 'Home',
  version: 'Version',
  description: 'Description',
  icon: 'Icon',
  apiVersion: 'APIVersion',
  condition: 'Condition',
  tags: 'Tags',
  appVersion: 'AppVersion',
  kubeVersion: 'KubeVersion',
  type: 'Type',
}

/** Reads Chart.yaml, of which `path` is the place for messages. */
export function chartMetadata(path: string, fields: TemplateMap): ChartMetadata {
  const name = textOf(fields['name'])
  const version = textOf(fields['version'])
  if (name === '' || version === '' || textOf(fields['apiVersion']) === '')
    throw new MeshError('CHART_INVALID', `${path}: apiVersion, name and version are needed`, {
      source: 'config',
      nextStep: 'write all three',
    })
  const view = newMap(Object.entries(TEXTS).map(([key, field]) => [field, textOf(fields[key])] as const))
  view['Annotations'] = isMap(fields['annotations']) ? fields['annotations'] : newMap()
  view['Keywords'] = isList(fields['keywords']) ? fields['keywords'] : []
  view['Sources'] = isList(fields['sources']) ? fields['sources'] : []
  view['Maintainers'] = isList(fields['maintainers']) ? fields['maintainers'] : []
  view['Deprecated'] = fields['deprecated'] === true
  const dependencies = isList(fields['dependencies']) ? fields['dependencies'].filter(isMap).map(dependencyOf) : []
  return { name, version, kubeVersion: textOf(fields['kubeVersion']), type: textOf(fields['type']), dependencies, view }
}

function dependencyOf(fields: TemplateMap): ChartDependency {
  const alias = textOf(fields['alias'])
  return {
    name: textOf(fields['name']),
    alias: alias === '' ? undefined : alias,
    condition: textOf(fields['condition']),
    tags: isList(fields['tags']) ? fields['tags'].map(textOf) : [],
  }
}

/** Versions are often written as numbers: `appVersion: 1.0`. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return isNil(value) || typeof value === 'object' ? '' : JSON.stringify(value)
}
