import { violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import type { PodSpec } from './type.ts'

export function validatePod(spec: PodSpec): readonly Violation[] {
  const { podIP } = spec.status
  return podIP === undefined || podIP === '' || isIP(podIP) !== 0
    ? []
    : [violation('status.podIP', 'bad-address', `'${podIP}' is not an IP address`)]
}
