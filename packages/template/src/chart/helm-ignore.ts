/** Whether a path within a chart is left out, by the rules of `.helmignore`: shell patterns, `!` to take back, `/` at the end for folders. */
export type Ignores = (path: string, folder: boolean) => boolean

interface Rule {
  readonly negated: boolean
  readonly folderOnly: boolean
  /** Compared with the whole path; otherwise with its last part. */
  readonly anchored: boolean
  readonly pattern: RegExp
}

export function helmIgnores(text: string): Ignores {
  const rules = text.split('\n').flatMap(line => ruleOf(line.trim()))
  return (path, folder) => {
    const last = path.slice(path.lastIndexOf('/') + 1)
    for (const rule of rules) {
      if (rule.folderOnly && !folder) continue
      const matches = rule.pattern.test(rule.anchored ? path : last)
      if (matches !== rule.negated) return true
    }
    return false
  }
}

function ruleOf(line: string): Rule[] {
  if (line === '' || line.startsWith('#')) return []
  const negated = line.startsWith('!')
  const folderOnly = line.endsWith('/')
  const body = line.slice(negated ? 1 : 0, folderOnly ? -1 : undefined)
  const anchored = body.includes('/')
  return [{ negated, folderOnly, anchored, pattern: globPattern(body.replace(/^\//, '')) }]
}

/** A shell pattern: `*` and `?` stay within one part of a path. */
export function globPattern(glob: string): RegExp {
  const source = glob.replaceAll(/\*\*|[*?]|[.+^${}()|\\]/g, mark => {
    if (mark === '**') return '.*'
    if (mark === '*') return '[^/]*'
    return mark === '?' ? '[^/]' : `\\${mark}`
  })
  return new RegExp(`^${source}$`)
}
