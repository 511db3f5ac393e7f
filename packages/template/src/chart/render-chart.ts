import { TemplateSet } from '../engine/template-set.ts'
import type { TemplateSetOptions } from '../engine/template-set.ts'
import { isMap, newMap, ownValue } from '../engine/values.ts'
import type { TemplateMap } from '../engine/values.ts'
import { capabilitiesView, checkKubeVersion } from './capabilities.ts'
import type { Chart } from './chart.ts'
import { filesView } from './chart-files.ts'
import { withEnabledDependencies } from './chart-dependencies.ts'
import { coalesceValues } from './coalesce-values.ts'
import { validateValues } from './validate-values.ts'

export interface ChartRelease {
  readonly name: string
  readonly namespace: string
  /** From 1; an upgrade has a higher one. Default 1. */
  readonly revision?: number
  readonly isUpgrade?: boolean
  /** `.Release.Service`; `Helm` unless told otherwise. */
  readonly service?: string
}

export interface RenderChartOptions extends Pick<TemplateSetOptions, 'functions' | 'limits'> {
  readonly release: ChartRelease
  /** Over the chart's own. Whole numbers of `--set` are bigints, those of files numbers, as in Helm. */
  readonly values?: TemplateMap
  /** Of the cluster: `v1.34.0`. */
  readonly kubeVersion: string
  /** What `.Capabilities.APIVersions.Has` knows: `apps/v1`, `apps/v1/Deployment`. */
  readonly apiVersions?: readonly string[]
  /** What `lookup apiVersion kind namespace name` answers; nothing without. */
  readonly lookup?: (apiVersion: string, kind: string, namespace: string, name: string) => TemplateMap
}

/** One file of `templates/` after rendering; its path begins with the chart's name. */
export interface RenderedFile {
  readonly path: string
  readonly text: string
}

export interface RenderedChart {
  /** In the order of their paths; files that render to white space are left out. */
  readonly files: readonly RenderedFile[]
  /** Text of the chart's own NOTES.txt. */
  readonly notes: string
  /** Definitions in `crds/` of the chart and its sub-charts, as they are. */
  readonly crds: readonly RenderedFile[]
  /** The values after joining all layers. */
  readonly values: TemplateMap
}

interface Source {
  readonly path: string
  readonly text: string
  readonly scope: TemplateMap
}

/** Renders a chart as `helm template` does. Throws MeshErrors that name file, line and what to do. */
export function renderChart(chart: Chart, options: RenderChartOptions): RenderedChart {
  checkKubeVersion(chart, options.kubeVersion)
  const given = options.values ?? {}
  const enabled = withEnabledDependencies(chart, coalesceValues(chart, given))
  const values = coalesceValues(enabled, given)
  validateValues(enabled, values)
  const sources = sourcesOf(enabled, enabled.metadata.name, values, shared(options), true)
  const set = new TemplateSet({
    functions: { ...options.functions, ...lookupOf(options) },
    ...(options.limits && { limits: options.limits }),
  })
  // Deep paths first: what a chart defines beats what its sub-charts define.
  for (const { path, text } of sources.toSorted(byDepth)) set.add(path, text)
  const notesPath = `${enabled.metadata.name}/templates/NOTES.txt`
  const rendered = sources.filter(source => !isPartial(source.path)).map(({ path, scope }) => ({ path, text: set.render(path, scope) }))
  return {
    files: rendered.filter(({ path, text }) => !path.endsWith('NOTES.txt') && text.trim() !== ''),
    notes: rendered.find(({ path }) => path === notesPath)?.text ?? '',
    crds: definitionsOf(enabled, enabled.metadata.name),
    values,
  }
}

function lookupOf({ lookup }: RenderChartOptions): TemplateSetOptions['functions'] & object {
  if (lookup === undefined) return {}
  return { lookup: (apiVersion, kind, namespace, name) => lookup(String(apiVersion), String(kind), String(namespace), String(name)) }
}

/** What all charts of a release see alike. */
function shared({ release, kubeVersion, apiVersions }: RenderChartOptions): TemplateMap {
  return newMap([
    [
      'Release',
      newMap([
        ['Name', release.name],
        ['Namespace', release.namespace],
        ['Revision', BigInt(release.revision ?? 1)],
        ['IsUpgrade', release.isUpgrade ?? false],
        ['IsInstall', !(release.isUpgrade ?? false)],
        ['Service', release.service ?? 'Helm'],
      ]),
    ],
    ['Capabilities', capabilitiesView(kubeVersion, apiVersions ?? [])],
  ])
}

/** Templates of a chart and its sub-charts, each with what it sees as dot. */
function sourcesOf(chart: Chart, path: string, values: TemplateMap, common: TemplateMap, root: boolean): Source[] {
  const subs = chart.dependencies.map(sub => {
    const inner = ownValue(values, sub.metadata.name)
    return {
      name: sub.metadata.name,
      sources: sourcesOf(sub, `${path}/charts/${sub.metadata.name}`, isMap(inner) ? inner : newMap(), common, false),
    }
  })
  const library = chart.metadata.type === 'library'
  const dot = newMap([
    ...Object.entries(common),
    ['Chart', newMap([...Object.entries(chart.metadata.view), ['IsRoot', root]])],
    ['Values', values],
    ['Files', filesView(chart.files)],
    ['Subcharts', newMap(subs.map(({ name, sources }) => [name, sources[0]?.scope ?? newMap()] as const))],
  ])
  const own = [...chart.templates]
    .filter(([file]) => !library || isPartial(file))
    .map(([file, text]) => {
      const name = `${path}/${file}`
      const template = newMap([
        ['Name', name],
        ['BasePath', `${path}/templates`],
      ])
      return { path: name, text, scope: newMap([...Object.entries(dot), ['Template', template]]) }
    })
  return [...own, ...subs.flatMap(({ sources }) => sources)].toSorted((left, right) => (left.path < right.path ? -1 : 1))
}

/** Files whose name begins with `_` only define. */
function isPartial(path: string): boolean {
  return path.slice(path.lastIndexOf('/') + 1).startsWith('_')
}

function byDepth(left: Source, right: Source): number {
  const depth = right.path.split('/').length - left.path.split('/').length
  if (depth !== 0) return depth
  return left.path < right.path ? 1 : -1
}

function definitionsOf(chart: Chart, path: string): RenderedFile[] {
  const own = [...chart.crds].map(([file, text]) => ({ path: `${path}/${file}`, text }))
  return own.concat(chart.dependencies.flatMap(sub => definitionsOf(sub, `${path}/charts/${sub.metadata.name}`)))
}
