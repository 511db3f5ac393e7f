import { RBAC_Action } from '@meshwork/protos/envoy/config/rbac/v3/rbac'
import type { RbacRules } from './rules.ts'

/** `envoy.config.rbac.v3.RBAC.Action` */
export const RBAC_ACTIONS: ReadonlyMap<number, RbacRules['action']> = new Map([
  [RBAC_Action.ALLOW, 'allow'],
  [RBAC_Action.DENY, 'deny'],
  [RBAC_Action.LOG, 'log'],
])
