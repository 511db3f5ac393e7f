import { relative, resolve } from 'node:path'
import { analyze, type Finding } from '@meshwork/config/analysis'
import { fileLocator } from '@meshwork/config/file'
import { objectKeyText } from '@meshwork/config/kinds'
import { type Command, command, type CommandContext } from '../../command/command.ts'
import { EXIT } from '../../command/exit-codes.ts'
import type { Style } from '../../output/style.ts'
import { readInputs } from './read-inputs.ts'

const SEVERITIES = ['error', 'warning', 'info'] as const
type Severity = (typeof SEVERITIES)[number]

interface AnalyzeInput {
  readonly paths: readonly string[]
  readonly threshold: Severity
}

export interface AnalysisFinding {
  readonly file: string
  /** 1-based. */
  readonly line: number
  readonly severity: Severity
  /** Istio's code where Istio knows the matter: `IST0101`. */
  readonly code: string
  /** The code in words: `ReferencedResourceNotFound`. */
  readonly name: string
  /** `VirtualService/default/reviews`; empty where the document does not say what it is. */
  readonly object: string
  /** Inside of the object: `spec.http[0].route[1].weight`. */
  readonly path: string
  readonly message: string
  /** What to do about it; empty if there is no single sensible thing. */
  readonly hint: string
}

interface AnalyzeResult {
  readonly objects: number
  readonly findings: readonly AnalysisFinding[]
  readonly threshold: Severity
}

export const analyzeCommand: Command = command<AnalyzeInput, AnalyzeResult>({
  name: 'analyze',
  summary: 'look for mistakes in configuration files; needs no mesh',
  description:
    'Reads files and folders of YAML or JSON and reports what the mesh would refuse and what would not work, with file, line and a proposal. A mesh file among them brings its services and configuration folders along. Exit code 1 if a finding is at least as severe as the threshold.',
  args: [{ name: 'path', summary: 'files or folders (default: the current folder)', variadic: true }],
  options: [
    {
      flags: '--failure-threshold <severity>',
      summary: 'the least severity that makes the exit code 1',
      choices: SEVERITIES,
      default: 'error',
    },
  ],
  examples: [
    { line: 'meshctl analyze examples/bookinfo/mesh.yaml', what: 'a mesh file, with its services and the configuration that it names' },
    { line: 'meshctl analyze k8s/', what: 'all files of a folder' },
    { line: 'meshctl analyze -o json reviews.yaml', what: 'findings for a script' },
  ],
  resultKind: 'Analysis',
  parse: values => ({
    paths: values.arguments(0).length === 0 ? ['.'] : values.arguments(0),
    threshold: SEVERITIES.find(each => each === values.text('failureThreshold')) ?? 'error',
  }),
  run: analyzePaths,
  print: printFindings,
  exitCode: ({ findings, threshold }) => (findings.some(each => isAtLeast(each.severity, threshold)) ? EXIT.bad : EXIT.ok),
})

function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(threshold)
}

/** All paths together are one mesh: what one file names may be in another. */
async function analyzePaths({ paths, threshold }: AnalyzeInput, context: CommandContext): Promise<AnalyzeResult> {
  const { objects, rejections } = await readInputs(paths.map(path => resolve(context.cwd, path)))
  const findings = analyze(objects, rejections, { locate: fileLocator() })
  return { objects: objects.length, findings: findings.map(each => shownFinding(each, context.cwd)), threshold }
}

function shownFinding({ key, file, remedy, ...rest }: Finding, cwd: string): AnalysisFinding {
  const { code, name, severity, message, line, path } = rest
  return {
    file: shown(file, cwd),
    line,
    severity,
    code,
    name,
    object: key === undefined ? '' : objectKeyText(key),
    path,
    message,
    hint: remedy,
  }
}

/** As short as the reader can use it. */
function shown(file: string, cwd: string): string {
  const short = relative(cwd, file)
  return short.startsWith('..') ? file : short
}

function printFindings({ objects, findings }: AnalyzeResult, style: Style): string {
  const lines = findings.map(each => {
    const word = each.severity === 'error' ? style.bad(each.severity) : style.warn(each.severity)
    const about = [each.object, each.path].filter(part => part !== '').join(' ')
    const hint = each.hint === '' ? '' : ` (${each.hint})`
    return `${each.file}:${each.line}: ${word} ${each.code} ${each.name}: ${about === '' ? '' : `${about}: `}${each.message}${hint}\n`
  })
  const summary =
    findings.length === 0 ? style.good('no mistakes found') : `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`
  return `${lines.join('')}${summary} in ${objects} accepted ${objects === 1 ? 'object' : 'objects'}\n`
}
