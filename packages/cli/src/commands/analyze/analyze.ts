import { resolve } from 'node:path'
import { analyze, type AnalysisCode, CODES, type Severity } from '@meshwork/config/analysis'
import { fileLocator } from '@meshwork/config/file'
import { type Command, command, type CommandContext } from '../../command/command.ts'
import { EXIT } from '../../command/exit-codes.ts'
import { usage, type Values } from '../../command/values.ts'
import type { Style } from '../../output/style.ts'
import { renderTable } from '../../output/table.ts'
import { type AnalysisFinding, findingRow, findingText, isAtLeast, SEVERITIES } from './finding-row.ts'
import { readInputs, STANDARD_INPUT } from './read-inputs.ts'
import { sarifOf } from './sarif.ts'
import { isSuppressed, parseSuppression, type Suppression } from './suppression.ts'

interface AnalyzeInput {
  /** List the codes, and look at nothing. */
  readonly list: boolean
  readonly paths: readonly string[]
  readonly threshold: Severity
  readonly shown: Severity
  readonly suppressions: readonly Suppression[]
  readonly sarif: boolean
}

interface AnalyzeResult {
  readonly objects: number
  readonly findings: readonly AnalysisFinding[]
  /** How many findings `--suppress` left out. */
  readonly suppressed: number
  readonly threshold: Severity
  /** `--sarif`: text, not a table. */
  readonly sarif?: true
  /** Only for `-L`. */
  readonly codes?: readonly AnalysisCode[]
}

export const analyzeCommand: Command = command<AnalyzeInput, AnalyzeResult>({
  name: 'analyze',
  summary: 'look for mistakes in configuration files; needs no mesh',
  description:
    'Reads files and folders of YAML or JSON as one mesh and reports what would be refused and what would not work, with file, line and what to do, under the codes of istioctl. A mesh file among them brings its services and configuration folders along. An annotation galley.istio.io/analyze-suppress: "IST0101,IST01*" silences codes for its object. Exit code 1 if a finding is at least as severe as the failure threshold.',
  args: [{ name: 'path', summary: "files or folders, '-' for standard input (default: the current folder)", variadic: true }],
  options: [
    { flags: '-L, --list-analyzers', summary: 'list all codes, and why some cannot be looked for here' },
    {
      flags: '--failure-threshold <severity>',
      summary: 'the least severity that makes the exit code 1',
      choices: SEVERITIES,
      default: 'error',
    },
    { flags: '--output-threshold <severity>', summary: 'the least severity that is shown', choices: SEVERITIES, default: 'info' },
    {
      flags: '-S, --suppress <code=object>',
      summary: "leave out a code for an object: IST0102=Namespace/shop; '*' for any",
      repeatable: true,
    },
    { flags: '--use-kube <yes>', summary: 'only false: files are all that is looked at', choices: ['false'] },
    { flags: '--sarif', summary: 'the same as -o sarif' },
  ],
  examples: [
    { line: 'meshctl analyze examples/bookinfo/mesh.yaml', what: 'a mesh file, with its services and the configuration that it names' },
    { line: 'meshctl analyze k8s/ --failure-threshold warning', what: 'all files of a folder; in CI, fail for warnings too' },
    { line: 'meshctl analyze -o sarif k8s/', what: 'for the code scanning of GitHub and others' },
    { line: 'meshctl analyze -', what: 'standard input: helm template . | meshctl analyze -' },
    { line: 'meshctl analyze -L', what: 'what is looked for' },
  ],
  resultKind: 'Analysis',
  parse: parseValues,
  run: async (input, context) => (input.list ? listed(input.threshold) : analyzePaths(input, context)),
  print: (result, style) => {
    if (result.codes !== undefined) return printCodes(result.codes)
    return result.sarif === true ? sarifOf(result.findings, CODES) : printFindings(result, style)
  },
  formats: { sarif: ({ findings }) => sarifOf(findings, CODES) },
  exitCode: ({ findings, threshold }) => (findings.some(each => isAtLeast(each.severity, threshold)) ? EXIT.bad : EXIT.ok),
})

function parseValues(values: Values): AnalyzeInput {
  if (values.flag('sarif') && values.text('output') === 'json')
    throw usage('--sarif and -o json exclude each other', 'leave one of them out')
  return {
    list: values.flag('listAnalyzers'),
    paths: values.arguments(0).length === 0 ? ['.'] : values.arguments(0),
    threshold: severityOf(values.text('failureThreshold'), 'error'),
    shown: severityOf(values.text('outputThreshold'), 'info'),
    suppressions: values.list('suppress').map(parseSuppression),
    sarif: values.flag('sarif'),
  }
}

function severityOf(text: string | undefined, otherwise: Severity): Severity {
  return SEVERITIES.find(each => each === text) ?? otherwise
}

function listed(threshold: Severity): AnalyzeResult {
  return { objects: 0, findings: [], suppressed: 0, threshold, codes: CODES }
}

/** All paths together are one mesh: what one file names may be in another. */
async function analyzePaths(input: AnalyzeInput, context: CommandContext): Promise<AnalyzeResult> {
  const paths = input.paths.map(path => (path === STANDARD_INPUT ? path : resolve(context.cwd, path)))
  const { objects, rejections, documents, texts } = await readInputs(paths)
  const found = analyze(objects, rejections, { documents, locate: fileLocator(texts) })
  const kept = found.filter(each => !isSuppressed(each, input.suppressions))
  return {
    objects: objects.length,
    findings: kept.filter(each => isAtLeast(each.severity, input.shown)).map(each => findingRow(each, context.cwd)),
    suppressed: found.length - kept.length,
    threshold: input.threshold,
    ...(input.sarif && { sarif: true }),
  }
}

function printFindings({ objects, findings, suppressed }: AnalyzeResult, style: Style): string {
  const counts = SEVERITIES.flatMap(severity => {
    const count = findings.filter(each => each.severity === severity).length
    return count === 0 ? [] : [`${count} ${severity}${count === 1 || severity === 'info' ? '' : 's'}`]
  })
  const summary = counts.length === 0 ? style.good('no mistakes found') : counts.join(', ')
  const left = suppressed === 0 ? '' : ` (${suppressed} suppressed)`
  return `${findings.map(each => findingText(each, style)).join('')}${summary} in ${objects} accepted ${objects === 1 ? 'object' : 'objects'}${left}\n`
}

function printCodes(codes: readonly AnalysisCode[]): string {
  const found = codes.filter(({ missing }) => missing === undefined)
  const others = codes.filter(({ missing }) => missing !== undefined)
  const table = renderTable(
    ['CODE', 'SEVERITY', 'NAME', 'MEANING'],
    found.map(({ code, severity, name, summary }) => [code, severity, name, summary]),
  )
  const rest = renderTable(
    ['CODE', 'SEVERITY', 'NAME', 'WHAT IT WOULD NEED'],
    others.map(({ code, severity, name, missing = '' }) => [code, severity, name, missing]),
  )
  return `Looked for (${found.length} codes):\n\n${table}\nNot looked for here (${others.length} codes):\n\n${rest}`
}
