import { type ListenerFilterBlueprint, NEXT } from '../listener-filter.ts'

export const ORIGINAL_SRC = 'envoy.filters.listener.original_src'

/** Connections that are made for this one come from its client's address. `mark`: of their packets, for rules of the kernel; 0: none. */
export function originalSrc(mark: number): ListenerFilterBlueprint {
  return {
    name: ORIGINAL_SRC,
    compile: () => ({
      inspect: connection => {
        connection.onwardMark = mark
        return NEXT
      },
    }),
  }
}
