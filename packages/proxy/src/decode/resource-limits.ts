import { type Violation, violation } from '@meshwork/core/result'

/**
 * What one resource may hold at most. Decoding and compiling it happens on the event loop, between requests, so that whoever sends
 * more would stop the traffic (decision 0013). A table of 50,000 routes takes about a second.
 */
export const MAX_RESOURCE_BYTES: number = 16 * 1024 * 1024
/** Routes of one table, over all its virtual hosts. */
export const MAX_ROUTES = 50_000
/** Instructions of one regular expression, as `regexSize` tells them; so many cost some 80 ms to match with 8 KiB. */
export const MAX_REGEX_SIZE = 4_096
/** The same over all expressions of one resource. */
export const MAX_REGEX_SIZE_OF_ALL = 100_000

export function tooManyRoutes(path: string, routes: number): Violation {
  return violation(path, 'too-many-routes', `hold ${routes} routes, more than ${MAX_ROUTES}`)
}
