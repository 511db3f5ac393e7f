import { parse } from 'yaml'
import type { AnalysisContext } from './context.ts'
import { at, textOf } from './document.ts'

/** The `values` of the injector's ConfigMap, where the input has it. */
export function injectorValues(context: AnalysisContext): unknown {
  const map = context.documentsOf('ConfigMap').find(({ meta }) => meta.name.startsWith('istio-sidecar-injector'))
  return map === undefined ? undefined : yamlOf(at(map.body, 'data', 'values'))
}

/** YAML or JSON inside of a text; undefined where it is none. */
export function yamlOf(value: unknown): unknown {
  try {
    const parsed: unknown = parse(textOf(value))
    return parsed
  } catch {
    return undefined
  }
}
