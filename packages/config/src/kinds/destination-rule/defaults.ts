import type { ClientTlsMode } from './type.ts'

/** The zero value of the enum: TLS settings without a mode turn TLS off. */
export const DEFAULT_TLS_MODE: ClientTlsMode = 'DISABLE'
