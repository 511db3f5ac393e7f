/** Connections that one request may cause ahead of need, as with Envoy, which bounds the work of a request so. */
export const MOST_AHEAD = 3

/**
 * `wanted`: streams that wait or are under way, and the one to come where it is not among them. `provided`: streams under way, and those
 * for which connections have or soon will have room.
 */
export function wantsConnection(wanted: number, provided: number, ratio: number): boolean {
  return wanted * ratio > provided
}
