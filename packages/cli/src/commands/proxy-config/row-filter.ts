/** What rows are to be shown; every field that is set must hold. */
export interface RowFilter {
  /** Part of the name. */
  readonly name: string | undefined
  readonly port: string | undefined
  /** Full name of a host, or the end of one after a `*`. */
  readonly fqdn: string | undefined
  readonly address: string | undefined
  readonly subset: string | undefined
  readonly direction: string | undefined
  readonly cluster: string | undefined
}

/** The parts of a row that filters ask for; a row without such a part is kept only if nobody asks for it. */
export type FilterableRow = Readonly<Partial<Record<keyof RowFilter, string>>>

export function passes(row: FilterableRow, filter: RowFilter): boolean {
  return (
    holds(filter.name, row.name, (wanted, actual) => actual.includes(wanted)) &&
    holds(filter.port, row.port, equal) &&
    holds(filter.fqdn, row.fqdn, hostFits) &&
    holds(filter.address, row.address, equal) &&
    holds(filter.subset, row.subset, equal) &&
    holds(filter.direction, row.direction, equal) &&
    holds(filter.cluster, row.cluster, (wanted, actual) => actual.includes(wanted))
  )
}

function holds(wanted: string | undefined, actual: string | undefined, fits: (wanted: string, actual: string) => boolean): boolean {
  return wanted === undefined || (actual !== undefined && fits(wanted.toLowerCase(), actual.toLowerCase()))
}

function equal(wanted: string, actual: string): boolean {
  return wanted === actual
}

function hostFits(wanted: string, actual: string): boolean {
  return actual === wanted || actual.startsWith(`${wanted}.`) || (wanted.startsWith('*') && actual.endsWith(wanted.slice(1)))
}
