import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MeshError, messageOf } from '@meshwork/core/result'
import { parse } from 'yaml'
import { isTree, mergeValues, type ValueTree } from './set-values.ts'

/** Written by scripts/charts.ts; the same place from source and from dist. */
const EMBEDDED = fileURLToPath(new URL('../../dist/charts', import.meta.url))

/** Folder of the charts `base`, `mesh` and `gateway`. Throws CHARTS_MISSING. */
export function chartFolder(given: string | undefined): string {
  const folder = given ?? EMBEDDED
  if (existsSync(join(folder, 'mesh', 'Chart.yaml')) && existsSync(join(folder, 'base', 'files', 'crds'))) return folder
  throw new MeshError('CHARTS_MISSING', `${folder} does not hold the charts base and mesh with the definitions of all kinds`, {
    source: 'config',
    nextStep: given === undefined ? 'npm run build' : 'name the folder charts of a repository that was built: --charts charts',
  })
}

/** Version of the chart, which is that of the images. */
export function chartVersion(charts: string): string {
  const { appVersion } = yamlTree(join(charts, 'mesh', 'Chart.yaml'))
  return typeof appVersion === 'string' ? appVersion : '?'
}

/** Values of the umbrella with those of its sub-charts, as `helm show values` would if it looked into them. */
export function defaultValues(charts: string): ValueTree {
  const mesh = join(charts, 'mesh')
  const parts = readdirSync(join(mesh, 'charts')).toSorted()
  const subCharts = Object.fromEntries(parts.map(part => [part, yamlTree(join(mesh, 'charts', part, 'values.yaml'))]))
  return mergeValues(subCharts, yamlTree(join(mesh, 'values.yaml')))
}

export function profileNames(charts: string): readonly string[] {
  return readdirSync(join(charts, 'mesh', 'profiles')).flatMap(file => (file.endsWith('.yaml') ? [file.slice(0, -'.yaml'.length)] : []))
}

/** What a profile is for: the comment on top of its file. */
export function profileSummary(charts: string, profile: string): string {
  const [first = ''] = readFileSync(profileFile(charts, profile), 'utf8').split('\n')
  return first.replace(/^#\s*/, '')
}

export function profileValues(charts: string, profile: string): ValueTree {
  return yamlTree(profileFile(charts, profile))
}

function profileFile(charts: string, profile: string): string {
  return join(charts, 'mesh', 'profiles', `${profile}.yaml`)
}

/** A file of values. Throws VALUES_UNREADABLE. */
export function yamlTree(file: string): ValueTree {
  let values: unknown
  try {
    values = parse(readFileSync(file, 'utf8'), { maxAliasCount: 100 })
  } catch (error) {
    throw unreadable(`cannot read values from ${file}: ${messageOf(error)}`, error)
  }
  if (values === null) return {}
  if (isTree(values)) return values
  throw unreadable(`${file} holds no tree of values`)
}

function unreadable(reason: string, cause?: unknown): MeshError {
  return new MeshError('VALUES_UNREADABLE', reason, { source: 'config', cause, nextStep: 'write YAML such as global: {hub: my-registry}' })
}
