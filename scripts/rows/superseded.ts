import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Rows that decision records take back, because today's recordings say otherwise: `traffic-4` to the number of the record. */
export function supersededRows(decisions: string): ReadonlyMap<string, string> {
  const rows = new Map<string, string>()
  for (const file of readdirSync(decisions).filter(name => /^\d{4}-.*\.md$/.test(name))) {
    for (const line of readFileSync(join(decisions, file), 'utf8').matchAll(/^Supersedes rows: (.+)$/gm)) {
      for (const row of (line[1] ?? '').matchAll(/[a-z]+-\d+/g)) rows.set(row[0], file.slice(0, NUMBER_LENGTH))
    }
  }
  return rows
}

const NUMBER_LENGTH = 4
