import type { ServiceEntryResolution, ServiceEntrySpec } from './type.ts'

/** Zero values of the enums. */
export const DEFAULT_LOCATION: ServiceEntrySpec['location'] = 'MESH_EXTERNAL'
export const DEFAULT_RESOLUTION: ServiceEntryResolution = 'NONE'
