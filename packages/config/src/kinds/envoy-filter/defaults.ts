import type { AddedFilter, PatchMatch } from './type.ts'

/** A patch without conditions. */
export const MATCHES_ALL: PatchMatch = Object.freeze({ context: 'ANY' })

/** A filter without conditions, before all others. */
export const ANY_LISTENER: AddedFilter['listenerMatch'] = Object.freeze({
  portNumber: 0,
  listenerType: 'ANY',
  listenerProtocol: 'ALL',
  address: Object.freeze([]),
})
export const FIRST: AddedFilter['insertPosition'] = Object.freeze({ index: 'FIRST' })
