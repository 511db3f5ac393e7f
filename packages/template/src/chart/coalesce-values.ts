import { deepCopy } from '../functions/maps.ts'
import { isMap, newMap, ownValue } from '../engine/values.ts'
import type { TemplateMap } from '../engine/values.ts'
import type { Chart } from './chart.ts'

type Values = Record<string, unknown>

/**
 * The values that a chart is rendered with: the user's over those of values.yaml, sub-charts likewise under their names with
 * the parent's `global` handed down. A null of the user deletes the chart's value.
 */
export function coalesceValues(chart: Chart, given: TemplateMap): TemplateMap {
  return coalesce(chart, copyOf(given))
}

function coalesce(chart: Chart, values: Values): Values {
  for (const [key, fallback] of Object.entries(chart.values)) {
    if (!Object.hasOwn(values, key)) values[key] = deepCopy(fallback)
    else fillKey(values, key, fallback)
  }
  for (const sub of chart.dependencies) {
    const own = ownValue(values, sub.metadata.name)
    const inner = isMap(own) ? copyOf(own) : newMap()
    handDownGlobals(inner, values)
    values[sub.metadata.name] = coalesce(sub, inner)
  }
  return values
}

/** A key that the user set: null deletes it, tables are filled from the chart's. */
function fillKey(values: Values, key: string, fallback: unknown): void {
  const own = values[key]
  if (own === null || own === undefined) delete values[key]
  else if (isMap(own) && isMap(fallback)) values[key] = fillTable(own, fallback)
}

function fillTable(own: TemplateMap, fallback: TemplateMap): Values {
  const table = newMap(Object.entries(own))
  for (const [key, value] of Object.entries(fallback)) {
    if (!Object.hasOwn(table, key)) table[key] = deepCopy(value)
    else fillKey(table, key, value)
  }
  for (const key of Object.keys(table)) if (table[key] === null && Object.hasOwn(own, key)) delete table[key]
  return table
}

function handDownGlobals(inner: Values, outer: Values): void {
  const mine = ownValue(inner, 'global')
  const theirs = ownValue(outer, 'global')
  const globals = isMap(mine) ? copyOf(mine) : newMap()
  for (const [key, value] of Object.entries(isMap(theirs) ? theirs : {})) globals[key] = joinGlobal(globals[key], value)
  inner['global'] = globals
}

/** The parent's value wins; a table keeps what only the sub-chart's has. */
function joinGlobal(own: unknown, parent: unknown): unknown {
  if (!isMap(parent)) return isMap(own) ? own : deepCopy(parent)
  if (!isMap(own)) return own === undefined ? deepCopy(parent) : own
  const joined = copyOf(own)
  for (const [key, value] of Object.entries(parent)) joined[key] = joinGlobal(joined[key], value)
  return joined
}

function copyOf(map: TemplateMap): Values {
  return newMap(Object.entries(map).map(([key, value]) => [key, deepCopy(value)] as const))
}
