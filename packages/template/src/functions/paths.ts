import { posix } from 'node:path'

import { expectText } from '../engine/values.ts'
import type { TemplateFunction } from '../engine/values.ts'

/** Paths with `/`, as Go's package `path` sees them. */
export const PATHS: Readonly<Record<string, TemplateFunction>> = {
  base: path => posix.basename(expectText(path)) || (expectText(path) === '' ? '.' : '/'),
  dir: path => clean(expectText(path).slice(0, expectText(path).lastIndexOf('/') + 1)),
  clean: path => clean(expectText(path)),
  ext: path => /\.[^./]*$/.exec(expectText(path))?.[0] ?? '',
  isAbs: path => expectText(path).startsWith('/'),
}

function clean(path: string): string {
  const normal = posix.normalize(path)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}
