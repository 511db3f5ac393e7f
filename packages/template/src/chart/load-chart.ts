import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { MeshError } from '@meshwork/core/result'

import { isMap } from '../engine/values.ts'
import type { TemplateMap } from '../engine/values.ts'
import { parseYaml } from '../yaml/parse-yaml.ts'
import type { Chart } from './chart.ts'
import { chartMetadata } from './chart-metadata.ts'
import { helmIgnores } from './helm-ignore.ts'
import type { Ignores } from './helm-ignore.ts'

const MAX_FILE_BYTES = 5 * 1024 * 1024
const MAX_FILES = 2000
const MAX_FOLDERS_DEEP = 20
const MAX_CHARTS_DEEP = 8
const OWN_FILES = new Set(['Chart.yaml', 'values.yaml', 'values.schema.json', '.helmignore', 'Chart.lock'])

/** Reads a chart's folder and those of its sub-charts. Throws CHART_INVALID with the file at fault. */
export function loadChart(folder: string): Chart {
  return loadNested(folder, 0)
}

function loadNested(folder: string, depth: number): Chart {
  if (depth > MAX_CHARTS_DEEP) throw invalid(folder, 'sub-charts are nested too deeply', 'see that no chart contains itself')
  const manifest = join(folder, 'Chart.yaml')
  if (!existsSync(manifest)) throw invalid(manifest, 'there is no such file', 'name the folder of a chart')
  const ignore = join(folder, '.helmignore')
  const files = readFiles(folder, helmIgnores(existsSync(ignore) ? readFileSync(ignore, 'utf8') : ''))
  return {
    metadata: chartMetadata(manifest, readMap(folder, files, 'Chart.yaml')),
    values: readMap(folder, files, 'values.yaml'),
    schema: files.get('values.schema.json')?.toString(),
    templates: textsBelow(files, 'templates/'),
    crds: new Map([...textsBelow(files, 'crds/')].filter(([path]) => /\.ya?ml$/.test(path))),
    files: new Map([...files].filter(([path]) => !OWN_FILES.has(path) && !/^(?:templates|charts)\//.test(path))),
    dependencies: subFolders(join(folder, 'charts')).map(sub => loadNested(sub, depth + 1)),
  }
}

function subFolders(charts: string): string[] {
  if (!existsSync(charts)) return []
  const names = readdirSync(charts)
    .toSorted()
    .filter(name => !/^[._]/.test(name))
  return names.map(name => join(charts, name)).filter(path => statSync(path).isDirectory())
}

/** Files by path with `/`; what lies below `charts/` belongs to the sub-charts. */
function readFiles(root: string, ignores: Ignores): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  const visit = (relative: string, depth: number): void => {
    if (depth > MAX_FOLDERS_DEEP) throw invalid(join(root, relative), 'folders are nested too deeply', 'flatten them')
    for (const name of readdirSync(join(root, relative)).toSorted()) {
      const path = relative === '' ? name : `${relative}/${name}`
      const found = statSync(join(root, path))
      if (path === 'charts' || ignores(path, found.isDirectory())) continue
      if (found.isDirectory()) visit(path, depth + 1)
      else if (found.isFile()) files.set(path, readLimited(join(root, path), found.size, files.size))
    }
  }
  visit('', 0)
  return files
}

function readLimited(path: string, size: number, count: number): Buffer {
  if (size > MAX_FILE_BYTES) throw invalid(path, `it has ${size} bytes, more than ${MAX_FILE_BYTES}`, 'leave it out by .helmignore')
  if (count >= MAX_FILES) throw invalid(path, `the chart has more than ${MAX_FILES} files`, 'leave some out by .helmignore')
  return readFileSync(path)
}

function textsBelow(files: ReadonlyMap<string, Buffer>, folder: string): Map<string, string> {
  const below = [...files].filter(([path]) => path.startsWith(folder) && !path.startsWith(`${folder}.`))
  return new Map(below.map(([path, bytes]) => [path, bytes.toString()]))
}

function readMap(folder: string, files: ReadonlyMap<string, Buffer>, name: string): TemplateMap {
  const text = files.get(name)?.toString() ?? ''
  const value = readYaml(join(folder, name), text)
  if (value === null || value === undefined) return {}
  if (!isMap(value)) throw invalid(join(folder, name), 'it holds no map', 'write keys and values')
  return value
}

function readYaml(path: string, text: string): unknown {
  try {
    return parseYaml(text)
  } catch (thrown) {
    throw invalid(path, thrown instanceof Error ? thrown.message : String(thrown), 'correct the YAML', thrown)
  }
}

function invalid(path: string, message: string, nextStep: string, cause?: unknown): MeshError {
  return new MeshError('CHART_INVALID', `${path}: ${message}`, { source: 'config', nextStep, cause })
}
