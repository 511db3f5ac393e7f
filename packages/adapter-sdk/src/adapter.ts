import type {
  CheckNothingInstance,
  CheckVerdict,
  ListEntryInstance,
  LogEntryInstance,
  MetricInstance,
  QuotaAsk,
  QuotaGrant,
  QuotaInstance,
} from './instances.ts'

type MaybePromise<T> = T | Promise<T>

/** One configured adapter: a method for each template that it takes. Whatever a method throws is the call's error. */
export interface AdapterHandler {
  checkNothing?(instance: CheckNothingInstance): MaybePromise<CheckVerdict>
  listEntry?(instance: ListEntryInstance): MaybePromise<CheckVerdict>
  metric?(instances: readonly MetricInstance[]): MaybePromise<void>
  logEntry?(instances: readonly LogEntryInstance[]): MaybePromise<void>
  quota?(instance: QuotaInstance, ask: QuotaAsk): MaybePromise<QuotaGrant>
  close?(): MaybePromise<void>
}

/** An out-of-process adapter. Mixer sends the handler's parameters with each call; equal parameters reach the same handler. */
export interface Adapter<Params> {
  readonly name: string
  /** Full name of the message of the parameters, `adapter.denier.config.Params` for example. */
  readonly paramsType: string
  decodeParams(bytes: Uint8Array): Params
  /** Called once per distinct set of parameters. What it throws is the answer to every call with these parameters. */
  build(params: Params): AdapterHandler
}
