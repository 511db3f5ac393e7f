/** A flag of Envoy that is taken so that its command lines work, and said to do nothing. */
export interface IdleFlag {
  readonly flag: string
  readonly value: boolean
  /** Why nothing is to be done. */
  readonly reason: string
}

const ONE_LOOP = 'there is one event loop'
const NO_HOT_RESTART = 'there is no hot restart'
const OWN_LOG = 'the log is of lines of JSON on stderr'

/** What would change an answer if it were left undone is not among them, but unknown and refused. */
export const IDLE_FLAGS: readonly IdleFlag[] = [
  { flag: '--concurrency', value: true, reason: ONE_LOOP },
  { flag: '--cpuset-threads', value: false, reason: ONE_LOOP },
  { flag: '--base-id', value: true, reason: NO_HOT_RESTART },
  { flag: '--use-dynamic-base-id', value: false, reason: NO_HOT_RESTART },
  { flag: '--restart-epoch', value: true, reason: NO_HOT_RESTART },
  { flag: '--disable-hot-restart', value: false, reason: NO_HOT_RESTART },
  { flag: '--skip-hot-restart-on-no-parent', value: false, reason: NO_HOT_RESTART },
  { flag: '--parent-shutdown-time-s', value: true, reason: NO_HOT_RESTART },
  { flag: '--drain-strategy', value: true, reason: 'all clients are asked to leave at once' },
  { flag: '--log-format', value: true, reason: OWN_LOG },
  { flag: '--log-format-escaped', value: false, reason: OWN_LOG },
  { flag: '--component-log-level', value: true, reason: 'there is one log level' },
  { flag: '--enable-fine-grain-logging', value: false, reason: 'there is one log level' },
  { flag: '--file-flush-interval-msec', value: true, reason: 'access logs are written within 100 ms' },
  { flag: '--local-address-ip-version', value: true, reason: 'addresses are those of the configuration' },
  { flag: '--ignore-unknown-dynamic-fields', value: false, reason: 'fields that are unknown are ignored over xDS anyway' },
  { flag: '--disable-extensions', value: true, reason: 'extensions that nothing names do nothing' },
]
