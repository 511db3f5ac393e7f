import { fileURLToPath } from 'node:url'

/** Packages that are processes of their own, by the sub-path that runs them. */
export type ProgramName =
  | '@meshwork/pilot/main'
  | '@meshwork/citadel/main'
  | '@meshwork/mixer/main'
  | '@meshwork/proxy/main'
  | '@meshwork/proxy/agent-main'
  | '@meshwork/adapters/denier/main'
  | '@meshwork/adapters/prometheus/main'
  | '@meshwork/cli/main'

/** A file Node runs, and the options Node itself needs for it. */
export interface Program {
  readonly file: string
  readonly nodeOptions: readonly string[]
}

/**
 * The built form (`dist`) of one of our programs, found from `from` (pass `import.meta.url` of a package that depends on it).
 * Built code is what users run; source is used only where a test says so.
 */
export function builtProgram(name: ProgramName, from: string): Program {
  const [scope = '', packageName = '', ...rest] = name.split('/')
  const manifest = fileURLToPath(import.meta.resolve(`${scope}/${packageName}/package.json`, from))
  const sub = rest.join('/')
  return { file: manifest.replace(/package\.json$/, `dist/${sub}.js`), nodeOptions: ['--enable-source-maps'] }
}

/** A script that lies beside the caller, as source under the `dev` condition or as built code, whichever the caller is. */
export function siblingProgram(nameWithoutExtension: string, from: string): Program {
  const isSource = from.endsWith('.ts')
  const file = fileURLToPath(new URL(`./${nameWithoutExtension}.${isSource ? 'ts' : 'js'}`, from))
  return { file, nodeOptions: isSource ? ['--conditions=dev', '--disable-warning=ExperimentalWarning'] : ['--enable-source-maps'] }
}
