import type { Service } from '@meshwork/config/registry'

/** What the name table of a view is made from. */
export interface NameTableInputs {
  /** Whose workloads ask. */
  readonly namespace: string
  /** What the workload may reach, one for each host. */
  readonly services: readonly Service[]
  /** Addresses behind headless services, by `serviceKey`; sorted by it. */
  readonly headless: readonly HeadlessNames[]
}

export interface HeadlessNames {
  readonly service: string
  readonly addresses: readonly string[]
  /** Names of single pods below that of the service (`mysql-0`), sorted. */
  readonly pods: readonly { readonly name: string; readonly addresses: readonly string[] }[]
}
