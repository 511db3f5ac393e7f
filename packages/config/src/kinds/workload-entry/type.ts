import type { WorkloadEndpoint } from '../service-entry/type.ts'

/** `networking.istio.io` WorkloadEntry: a workload that no pod stands for, such as a virtual machine. */
export interface WorkloadEntrySpec extends WorkloadEndpoint {
  /** Condition `Healthy` of its status; unset if nobody has reported. */
  readonly healthy?: boolean
}
