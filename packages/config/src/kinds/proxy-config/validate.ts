import type { Violation } from '@meshwork/core/result'
import { checkSelector } from '../rules/naming.ts'
import type { ProxyConfigSpec } from './type.ts'

export function validateProxyConfigObject({ selector }: ProxyConfigSpec): readonly Violation[] {
  return checkSelector('spec.selector.matchLabels', selector?.matchLabels)
}
