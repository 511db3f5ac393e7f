import { Command, CommanderError } from 'commander'
import { MeshError } from '@meshwork/core/result'
import { STATE_FOLDER_HELP } from './proxy-options.ts'

/** How a proxy is told to start from a bootstrap, in the words of Envoy's command line. */
export interface BootstrapOptions {
  /** null: only `text`. */
  readonly file: string | null
  /** More of the bootstrap, merged over the file. */
  readonly text: string | null
  /** Milliseconds that requests under way get when the proxy stops. */
  readonly drainMs: number
  /** Folder of the last good configuration that came over xDS. null: none is kept. */
  readonly stateFolder: string | null
}

interface Flags {
  readonly configPath?: string
  readonly configYaml?: string
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
  const program = new Command('meshwork-proxy')
    .option('-c, --config-path <file>', 'bootstrap of the Envoy v3 API, YAML or JSON')
    .option('--config-yaml <text>', 'bootstrap as text, merged over that of the file')
    .option('--drain-seconds <seconds>', 'time that requests under way get when the proxy stops', Number, 5)
  program.option('--state-folder <folder>', STATE_FOLDER_HELP)
  program.exitOverride().configureOutput({ writeErr: () => undefined })
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) process.exit(0)
    throw new MeshError('BAD_FLAG', error.message, { source: 'config', nextStep: 'run: meshwork-proxy --help' })
  }
  const { configPath = null, configYaml = null, drainSeconds, stateFolder = null } = program.opts<Flags>()
  return { file: configPath, text: configYaml, drainMs: drainSeconds * 1000, stateFolder }
}
