import { LOG_LEVELS, type LogLevel } from '@meshwork/core/log'
import type { Command } from 'commander'
import type { IdleFlag } from './idle-flags.ts'
import { LEVEL_WORDS } from './level-words.ts'

/** Flags of Istio's agent that its manifests pass, and that mean something here. */
export interface IstioFlags {
  /** `default.svc.cluster.local`: what short host names are completed with. */
  readonly domain?: string
  readonly proxyLogLevel?: string
  /** `default:info,ads:debug`. */
  readonly log_output_level?: string
}

const ONE_PROGRAM = 'agent and proxy are one program'
const OWN_LOG = 'the log is of lines of JSON on stderr'
const FROM_ENVIRONMENT = 'PROXY_CONFIG says it'

/** Those that manifests pass and that have nothing to do here. */
const IDLE: readonly IdleFlag[] = [
  { flag: '--proxyComponentLogLevel', value: true, reason: 'there is one log level' },
  { flag: '--concurrency', value: true, reason: 'there is one event loop' },
  { flag: '--serviceCluster', value: true, reason: 'the control plane knows the workload by its node id' },
  { flag: '--meshConfig', value: true, reason: FROM_ENVIRONMENT },
  { flag: '--templateFile', value: true, reason: ONE_PROGRAM },
  { flag: '--outlierLogPath', value: true, reason: 'ejections are counted, and shown by the admin interface' },
  { flag: '--stsPort', value: true, reason: 'there is no token exchange' },
  { flag: '--tokenManagerPlugin', value: true, reason: 'there is no token exchange' },
  { flag: '--log_as_json', value: false, reason: OWN_LOG },
  { flag: '--log_caller', value: true, reason: OWN_LOG },
  { flag: '--log_stacktrace_level', value: true, reason: OWN_LOG },
  { flag: '--log_target', value: true, reason: OWN_LOG },
  { flag: '--discoveryAddress', value: true, reason: FROM_ENVIRONMENT },
  { flag: '--drainDuration', value: true, reason: 'changed listeners keep their connections until these are idle' },
  { flag: '--parentShutdownDuration', value: true, reason: 'there is no hot restart' },
]

export function addIstioFlags(program: Command): Command {
  program
    .option('--domain <domain>', 'what short host names are completed with')
    .option('--proxyLogLevel <level>', 'trace, debug, info, warning, error, critical or off')
    .option('--log_output_level <levels>', 'the same as a list by scope, of which default counts: default:info')
  for (const { flag, value, reason } of IDLE) program.option(value ? `${flag} <value>` : flag, `has no effect: ${reason}`)
  return program
}

/** Those that were given and do nothing here, to be told. */
export function idleIstioFlags(program: Command): readonly IdleFlag[] {
  return IDLE.filter(({ flag }) => program.getOptionValueSource(flag.replace(/^--/, '')) === 'cli')
}

/** The more talkative of both: here agent and proxy write one log. null: neither was given, or no level that is known. */
export function istioLogLevel({ proxyLogLevel = '', log_output_level: scopes = '' }: IstioFlags): LogLevel | null {
  const ofAgent = scopes.split(',').flatMap(scope => (/^(?:default:|all:)?([a-z]+)$/.exec(scope) ?? []).slice(1))
  const levels = [proxyLogLevel, ...ofAgent].flatMap(word => LEVEL_WORDS.get(word) ?? [])
  return LOG_LEVELS.find(level => levels.includes(level)) ?? null
}
