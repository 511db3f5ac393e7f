/** A rule without `match` applies to every request. */
export const MATCH_ALL = ''
