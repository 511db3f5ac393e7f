import type { AuthorizationAction } from './type.ts'

export const DEFAULT_ACTION: AuthorizationAction = 'ALLOW'
