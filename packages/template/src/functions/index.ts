import type { TemplateFunction } from '../engine/values.ts'
import { BUILTINS } from './builtins.ts'
import { COMPARISONS } from './comparisons.ts'
import { EMPTINESS } from './empty.ts'
import { ENCODINGS } from './encodings.ts'
import { KINDS } from './kinds.ts'
import { LISTS } from './lists.ts'
import { MAPS } from './maps.ts'
import { NUMBERS } from './numbers.ts'
import { PATHS } from './paths.ts'
import { REGEXES } from './regexes.ts'
import { SEMVER } from './semver.ts'
import { STRINGS } from './strings.ts'

const ALL: Readonly<Record<string, TemplateFunction>> = {
  ...BUILTINS,
  ...COMPARISONS,
  ...EMPTINESS,
  ...NUMBERS,
  ...STRINGS,
  ...LISTS,
  ...MAPS,
  ...PATHS,
  ...REGEXES,
  ...ENCODINGS,
  ...KINDS,
  ...SEMVER,
}

/** sprig has most functions twice: the `must` twin is the same but for how Go reports errors. */
const MUST = [
  ...['toJson', 'toRawJson', 'toPrettyJson', 'toYaml', 'merge', 'mergeOverwrite', 'deepCopy', 'first', 'last', 'rest', 'initial'],
  ...['append', 'push', 'prepend', 'reverse', 'uniq', 'without', 'has', 'slice', 'chunk', 'compact', 'fromJson'],
  ...['regexMatch', 'regexFind', 'regexFindAll', 'regexReplaceAll', 'regexReplaceAllLiteral', 'regexSplit'],
]

/** Every function that a template may call, except `include`, `and`, `or` and `tpl`, which need the rendering itself. */
export const TEMPLATE_FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map([
  ...Object.entries(ALL),
  ...MUST.flatMap(name => {
    const twin = ALL[name]
    return twin === undefined ? [] : [[`must${name.charAt(0).toUpperCase()}${name.slice(1)}`, twin] as const]
  }),
])
