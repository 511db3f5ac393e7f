/**
 * Cases in which we differ from Envoy on purpose: id of the case to number of the record in `docs/decisions` that names it.
 * Only for safety, and few: `MOST_DECIDED` at most.
 */
export const DECIDED: ReadonlyMap<string, string> = new Map([])

export const MOST_DECIDED = 5
