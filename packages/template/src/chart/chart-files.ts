import { expectText, newMap } from '../engine/values.ts'
import type { TemplateMap } from '../engine/values.ts'
import { toYaml } from '../yaml/to-yaml.ts'
import { globPattern } from './helm-ignore.ts'

/** What templates see as `.Files`: methods that read the chart's own files, and nothing outside of it. */
export function filesView(files: ReadonlyMap<string, Buffer>): TemplateMap {
  return newMap([
    ['Get', path => files.get(expectText(path))?.toString() ?? ''],
    ['GetBytes', path => files.get(expectText(path))?.toString() ?? ''],
    ['Lines', path => linesOf(files.get(expectText(path))?.toString())],
    ['Glob', pattern => filesView(matching(files, expectText(pattern)))],
    ['AsConfig', () => toYaml(byBaseName(files, bytes => bytes.toString()))],
    ['AsSecrets', () => toYaml(byBaseName(files, bytes => bytes.toString('base64')))],
  ] satisfies [string, (value?: unknown) => unknown][])
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
