import type { ServiceSpec } from './type.ts'

export const DEFAULT_SERVICE_TYPE: ServiceSpec['type'] = 'ClusterIP'
export const DEFAULT_TRANSPORT = 'TCP' as const
