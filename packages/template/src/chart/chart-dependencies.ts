import { isMap, newMap, ownValue } from '../engine/values.ts'
import type { TemplateMap } from '../engine/values.ts'
import type { Chart, ChartDependency } from './chart.ts'

/** The chart without the sub-charts that conditions and tags turn off, and with aliases in place of names. */
export function withEnabledDependencies(chart: Chart, values: TemplateMap, tags: TemplateMap = tagsOf(values)): Chart {
  const declared = chart.metadata.dependencies
  const free = chart.dependencies.filter(sub => !declared.some(({ name }) => name === sub.metadata.name))
  const chosen = declared.flatMap(dependency => {
    const sub = chart.dependencies.find(({ metadata }) => metadata.name === dependency.name)
    return sub === undefined || !isEnabled(dependency, values, tags) ? [] : [renamed(sub, dependency.alias)]
  })
  const dependencies = [...free, ...chosen].map(sub => withEnabledDependencies(sub, subValues(sub, values), tags))
  return { ...chart, dependencies }
}

function tagsOf(values: TemplateMap): TemplateMap {
  const tags = ownValue(values, 'tags')
  return isMap(tags) ? tags : {}
}

function subValues(sub: Chart, values: TemplateMap): TemplateMap {
  const own = ownValue(values, sub.metadata.name)
  return isMap(own) ? own : {}
}

function renamed(sub: Chart, alias: string | undefined): Chart {
  if (alias === undefined) return sub
  const view = newMap([...Object.entries(sub.metadata.view), ['Name', alias]])
  return { ...sub, metadata: { ...sub.metadata, name: alias, view } }
}

/** A condition beats tags; without any a sub-chart is on. One tag that is true is enough. */
function isEnabled(dependency: ChartDependency, values: TemplateMap, tags: TemplateMap): boolean {
  for (const path of dependency.condition.split(',')) {
    const found = atPath(values, path.trim())
    if (typeof found === 'boolean') return found
  }
  const marks = dependency.tags.map(tag => ownValue(tags, tag)).filter(mark => typeof mark === 'boolean')
  return marks.length === 0 || marks.includes(true)
}

function atPath(values: TemplateMap, path: string): unknown {
  let found: unknown = values
  for (const key of path.split('.')) found = isMap(found) ? ownValue(found, key) : undefined
  return found
}
