import type { PeerAuthenticationSpec } from './type.ts'

export const INHERITED_MODE: PeerAuthenticationSpec['mtls'] = Object.freeze({ mode: 'UNSET' })
