import { FILTER_DISABLED } from '../filters/filter.ts'

/** Settings that a route has for filters, prepared. */
export interface PerFilterSettings {
  /** By filter name, the most specific. */
  readonly perFilter: ReadonlyMap<string, unknown>
  readonly disablesFilters: boolean
  settingsOf(name: string): readonly unknown[]
}

type Level = ReadonlyMap<string, unknown>

/** `levels`: from the least specific (route table, virtual host) to the most (route, weighted cluster). */
export function compilePerFilter(levels: readonly Level[]): PerFilterSettings {
  const perFilter = new Map(levels.flatMap(level => [...level]))
  const all = new Map([...perFilter.keys()].map(name => [name, levelsOf(name, levels)]))
  return {
    perFilter,
    disablesFilters: [...perFilter.values()].includes(FILTER_DISABLED),
    settingsOf: name => all.get(name) ?? NONE,
  }
}

const NONE: readonly unknown[] = []

function levelsOf(name: string, levels: readonly Level[]): readonly unknown[] {
  return levels.map(level => level.get(name)).filter(settings => settings !== undefined && settings !== FILTER_DISABLED)
}
