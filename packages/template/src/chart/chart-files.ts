import { expectText, newMap } from '../engine/values.ts'
import type { TemplateFunction, TemplateMap } from '../engine/values.ts'
import { toYaml } from '../yaml/to-yaml.ts'
import { globPattern } from './helm-ignore.ts'

/**
 * What templates see as `.Files`: texts by path, and methods that are not among its keys, so that `range` meets files only.
 * Nothing outside of the chart can be read.
 */
export function filesView(files: ReadonlyMap<string, Buffer>): TemplateMap {
  const view = newMap([...files].map(([path, bytes]) => [path, bytes.toString()] as const))
  const methods: Readonly<Record<string, TemplateFunction>> = {
    Get: path => files.get(expectText(path))?.toString() ?? '',
    GetBytes: path => files.get(expectText(path))?.toString() ?? '',
    Lines: path => linesOf(files.get(expectText(path))?.toString()),
    Glob: pattern => filesView(matching(files, expectText(pattern))),
    AsConfig: () => toYaml(byBaseName(files, bytes => bytes.toString())),
    AsSecrets: () => toYaml(byBaseName(files, bytes => bytes.toString('base64'))),
  }
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(view, name, { value })
  return view
}

function linesOf(text: string | undefined): string[] {
  if (text === undefined || text === '') return []
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
}

function matching(files: ReadonlyMap<string, Buffer>, pattern: string): ReadonlyMap<string, Buffer> {
  const expression = globPattern(pattern)
  return new Map([...files].filter(([path]) => expression.test(path)))
}

function byBaseName(files: ReadonlyMap<string, Buffer>, text: (bytes: Buffer) => string): TemplateMap {
  return newMap([...files].map(([path, bytes]) => [path.slice(path.lastIndexOf('/') + 1), text(bytes)] as const))
}
