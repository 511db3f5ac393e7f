import type { ServerTlsMode } from './type.ts'

/** The zero value of the enum. A server with only `httpsRedirect` has it and terminates nothing. */
export const DEFAULT_SERVER_TLS_MODE: ServerTlsMode = 'PASSTHROUGH'
