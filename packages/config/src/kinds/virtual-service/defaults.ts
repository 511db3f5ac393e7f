import type { HeaderOperations } from './type.ts'

/** Name of the gateway that stands for all sidecars. */
export const MESH_GATEWAY = 'mesh'

export const DEFAULT_GATEWAYS: readonly string[] = Object.freeze([MESH_GATEWAY])

/** Status of a redirect that names none. */
export const DEFAULT_REDIRECT_CODE = 301

/** Share of mirrors that name none. */
export const FULL_SHARE = 100

/** Share of faults that name none: they have no effect. */
export const NO_SHARE = 0

const NO_CHANGE = Object.freeze({ set: Object.freeze({}), add: Object.freeze({}), remove: Object.freeze([]) })

export const NO_HEADER_OPERATIONS: HeaderOperations = Object.freeze({ request: NO_CHANGE, response: NO_CHANGE })
