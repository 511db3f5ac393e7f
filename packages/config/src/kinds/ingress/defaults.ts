import type { IngressPath } from './type.ts'

/** What the older apiVersions, which do not have the field, mean. */
export const DEFAULT_PATH_TYPE: IngressPath['pathType'] = 'ImplementationSpecific'
/** No port: a backend like this is refused. */
export const NO_PORT = 0
