import { type ListenerFilterBlueprint, NEXT } from '../listener-filter.ts'

export const ORIGINAL_DST = 'envoy.filters.listener.original_dst'

/** Makes the destination before iptables' REDIRECT or TPROXY the connection's local address. */
export const originalDst: ListenerFilterBlueprint = {
  name: ORIGINAL_DST,
  compile: () => ({
    inspect: connection => {
      connection.restoreDestination()
      return NEXT
    },
  }),
}
