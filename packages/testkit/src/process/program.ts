import { fileURLToPath } from 'node:url'

/** Our programs: package folder and the entry point within it. */
export type ProgramName =
  | 'pilot/main'
  | 'citadel/main'
  | 'mixer/main'
  | 'proxy/main'
  | 'proxy/agent-main'
  | 'proxy/init-main'
  | 'proxy/wait-main'
  | 'adapters/denier/main'
  | 'adapters/prometheus/main'
  | 'cli/main'

/** A file Node runs, and the options Node itself needs for it. */
export interface Program {
  readonly file: string
  readonly nodeOptions: readonly string[]
}

/** Folder of all packages: this one never leaves the workspace, and must not depend on the programs it starts. */
const PACKAGES = new URL('../../../', import.meta.url)

/** The built form of one of our programs, the single file that users run. `npm run build` makes it; `tsc -b` alone does not. */
export function builtProgram(name: ProgramName): Program {
  const [folder = '', ...entry] = name.split('/')
  const built = folder === 'cli' ? 'dist' : 'dist/program'
  return { file: fileURLToPath(new URL(`${folder}/${built}/${entry.join('/')}.js`, PACKAGES)), nodeOptions: [] }
}

/** A script that lies beside the caller, as source under the `dev` condition or as built code, whichever the caller is. */
export function siblingProgram(nameWithoutExtension: string, from: string): Program {
  const isSource = from.endsWith('.ts')
  const file = fileURLToPath(new URL(`./${nameWithoutExtension}.${isSource ? 'ts' : 'js'}`, from))
  return { file, nodeOptions: isSource ? ['--conditions=dev', '--disable-warning=ExperimentalWarning'] : ['--enable-source-maps'] }
}
