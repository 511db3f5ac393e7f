import type { Origin } from '@meshwork/config/kinds'
import type { AdapterInfo, InstanceEncoder, Template } from '../encode/index.ts'
import type { AttributeTypes, Program } from '../lang/index.ts'

/** What the proxies' attributes are called and typed, and what to do with them: one consistent reading of all configuration. */
export interface Snapshot {
  readonly attributes: AttributeTypes
  readonly handlers: ReadonlyMap<string, HandlerSpec>
  readonly instances: ReadonlyMap<string, InstanceSpec>
  readonly rules: readonly RuleSpec[]
  /** Everything that was left out, with the place to look at. */
  readonly problems: readonly ConfigProblem[]
}

export interface HandlerSpec {
  readonly name: string
  readonly adapter: AdapterInfo
  /** `host:port` of the adapter process. */
  readonly address: string
  /** Longest wait for one answer in milliseconds; the default of the process if absent. */
  readonly timeoutMs: number | undefined
  /** Encoded `google.protobuf.Any`. */
  readonly params: Uint8Array
}

export interface InstanceSpec {
  readonly name: string
  readonly template: Template
  readonly encoder: InstanceEncoder
}

export interface RuleSpec {
  readonly name: string
  readonly namespace: string
  /** As written; empty is always. */
  readonly matchText: string
  readonly match: Program | undefined
  readonly actions: readonly ActionSpec[]
}

export interface ActionSpec {
  readonly handler: HandlerSpec
  readonly instances: readonly InstanceSpec[]
}

/** Which count of `mixer_config_*_error_count` a problem raises. */
export type ProblemKind = 'attribute' | 'handler' | 'instance' | 'rule'

export interface ConfigProblem {
  readonly kind: ProblemKind
  /** Qualified name of the resource. */
  readonly resource: string
  readonly path: string
  readonly message: string
  readonly origin: Origin
}
