import type { Labels } from '../kinds/index.ts'

/** Whether the selector has conditions and all of them hold. An empty selector selects nothing here; callers decide if it means all. */
export function selects(selector: Labels, labels: Labels): boolean {
  const conditions = Object.entries(selector)
  return conditions.length > 0 && conditions.every(([key, value]) => labels[key] === value)
}
