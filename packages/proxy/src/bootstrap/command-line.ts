import { Command, CommanderError } from 'commander'
import type { LogLevel } from '@meshwork/core/log'
import { MeshError } from '@meshwork/core/result'
import { IDLE_FLAGS, type IdleFlag } from './idle-flags.ts'
import { LEVEL_WORDS } from './level-words.ts'
import { STATE_FOLDER_HELP } from './proxy-options.ts'

/** How a proxy is told to start from a bootstrap, in the words of Envoy's command line. */
export interface BootstrapOptions {
  /** null: only `text`. */
  readonly file: string | null
  /** More of the bootstrap, merged over the file. */
  readonly text: string | null
  /** Parts of the node that replace those of the bootstrap. */
  readonly node: { readonly id?: string; readonly cluster?: string; readonly zone?: string }
  /** The configuration is read and judged, and nothing is started. */
  readonly validateOnly: boolean
  /** null: as the environment says. */
  readonly logLevel: LogLevel | null
  /** Milliseconds that requests under way get when the proxy stops. */
  readonly drainMs: number
  /** Folder of the last good configuration that came over xDS. null: none is kept. */
  readonly stateFolder: string | null
  /** Flags of Envoy that were given and do nothing here, to be told. */
  readonly idle: readonly IdleFlag[]
}

interface Flags {
  readonly configPath?: string
  readonly configYaml?: string
  readonly serviceNode?: string
  readonly serviceCluster?: string
  readonly serviceZone?: string
  readonly mode: string
  readonly logLevel?: LogLevel
  readonly drainSeconds: number
  readonly stateFolder?: string
}

const BOOTSTRAP_FLAG = /^(-c|--config-path|--config-yaml)(=|$)/
/** Whether the command line asks for a start from a bootstrap rather than as part of a mesh. */
export function isBootstrapStart(argv: readonly string[]): boolean {
  return argv.some(word => BOOTSTRAP_FLAG.test(word))
}

/** Throws BAD_FLAG. */
export function parseBootstrapOptions(argv: readonly string[]): BootstrapOptions {
  const program = flagsOf(new Command('meshwork-proxy'))
  program.exitOverride().configureOutput({ writeErr: () => undefined })
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) process.exit(0)
    throw badFlag(error.message)
  }
  const flags = program.opts<Flags>()
  return {
    file: flags.configPath ?? null,
    text: flags.configYaml ?? null,
    node: nodeOf(flags),
    validateOnly: flags.mode === 'validate',
    logLevel: flags.logLevel ?? null,
    drainMs: flags.drainSeconds * 1000,
    stateFolder: flags.stateFolder ?? null,
    idle: IDLE_FLAGS.filter(({ flag }) => program.getOptionValueSource(keyOf(flag)) === 'cli'),
  }
}

function flagsOf(program: Command): Command {
  program
    .option('-c, --config-path <file>', 'bootstrap of the Envoy v3 API, YAML or JSON')
    .option('--config-yaml <text>', 'bootstrap as text, merged over that of the file')
    .option('--service-node <id>', 'id of the node, in place of the one in the bootstrap')
    .option('--service-cluster <name>', 'cluster of the node, in place of the one in the bootstrap')
    .option('--service-zone <zone>', 'zone of the node, in place of the one in the bootstrap')
    .option('--mode <mode>', 'serve, or validate: judge the configuration and end', parseMode, 'serve')
    .option('-l, --log-level <level>', 'trace, debug, info, warning, error, critical or off', parseLevel)
    .option('--drain-time-s, --drain-seconds <seconds>', 'time that requests under way get when the proxy stops', Number, 5)
    .option('--state-folder <folder>', STATE_FOLDER_HELP)
  for (const { flag, value, reason } of IDLE_FLAGS) program.option(value ? `${flag} <value>` : flag, `has no effect: ${reason}`)
  return program
}

function nodeOf({ serviceNode: id, serviceCluster: cluster, serviceZone: zone }: Flags): BootstrapOptions['node'] {
  return { ...(id === undefined ? {} : { id }), ...(cluster === undefined ? {} : { cluster }), ...(zone === undefined ? {} : { zone }) }
}

function parseMode(mode: string): string {
  if (mode === 'serve' || mode === 'validate') return mode
  throw badFlag(`there is no mode '${mode}' here: serve or validate`)
}

function parseLevel(word: string): LogLevel {
  const level = LEVEL_WORDS.get(word)
  if (level !== undefined) return level
  throw badFlag(`there is no log level '${word}': ${[...LEVEL_WORDS.keys()].join(', ')}`)
}

/** The name under which commander keeps a flag. */
function keyOf(flag: string): string {
  return flag.replace(/^--/, '').replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function badFlag(message: string): MeshError {
  return new MeshError('BAD_FLAG', message, { source: 'config', nextStep: 'run: meshwork-proxy --help' })
}
