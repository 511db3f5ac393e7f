import type { ObjectOf } from '@meshwork/config/kinds'
import { compilePatches } from '../envoy-filter/compile-patches.ts'
import { leftOut } from './header-operations.ts'
import type { Repaired } from './repair.ts'

/** Patches that cannot be read are left out where patches are applied; here their owner is told. */
export function repairEnvoyFilter(object: ObjectOf<'EnvoyFilter'>): Repaired<ObjectOf<'EnvoyFilter'>> {
  return { object, findings: compilePatches(object).problems.map(({ path, message }) => leftOut(path, message)) }
}
