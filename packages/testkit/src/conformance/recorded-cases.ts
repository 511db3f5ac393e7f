import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Names of the cases recorded in a folder, without knowing its format: a file of one scenario counts as one case;
 * a table counts every element of its lists of objects, one level below the top.
 */
export function recordedCases(dir: string): readonly string[] {
  return dataFiles(dir).flatMap(file => casesOfFile(dir, file))
}

function dataFiles(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter(file => /\.(json|yaml)$/.test(file) && !file.includes('tool/'))
    .toSorted()
}

function casesOfFile(dir: string, file: string): readonly string[] {
  if (file.endsWith('.yaml')) return [file]
  const content: unknown = JSON.parse(readFileSync(join(dir, file), 'utf8'))
  const lists = listsOf(content)
  if (lists.length === 0) return [file]
  return lists.flatMap(([key, length]) => Array.from({ length }, (_, index) => `${file} ${key}[${index}]`))
}

function listsOf(content: unknown): readonly (readonly [string, number])[] {
  if (Array.isArray(content)) return [['', content.length]]
  if (typeof content !== 'object' || content === null) return []
  return Object.entries(content).flatMap(([key, value]): readonly (readonly [string, number])[] =>
    Array.isArray(value) && value.some(isCase) ? [[key, value.length]] : [],
  )
}

function isCase(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
