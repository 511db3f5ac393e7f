import { existsSync, readFileSync } from 'node:fs'

/** A numbered acceptance table of the specification. */
export interface RowList {
  readonly name: string
  readonly rows: number
  /** File of the table in `shared/spec`, and the heading above it. */
  readonly file: string
  readonly heading: RegExp
}

export const lists: readonly RowList[] = [
  { name: 'traffic', rows: 141, file: 'traffic.md', heading: /^## 9\. / },
  { name: 'security', rows: 105, file: 'security.md', heading: /^# 8\. / },
  { name: 'mixer', rows: 90, file: 'mixer.md', heading: /^## 10\. / },
  { name: 'journey', rows: 62, file: 'experience.md', heading: /^## 6\. / },
  { name: 'failure', rows: 38, file: 'performance.md', heading: /^### 4\.3 / },
]

/** Row number to its second column. Empty when the specification is not beside the repository. */
export function rowTitles(list: RowList, specFolder: string): ReadonlyMap<number, string> {
  const titles = new Map<number, string>()
  const path = `${specFolder}/${list.file}`
  if (!existsSync(path)) return titles
  let inside = false
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line.startsWith('#')) inside = list.heading.test(line)
    const row = inside ? /^\|\s*(\d+)\s*\|\s*([^|]+?)\s*\|/.exec(line) : null
    if (row?.[1] !== undefined && row[2] !== undefined) titles.set(Number(row[1]), row[2])
  }
  return titles
}
