import type { AnalysisCode, Severity } from '@meshwork/config/analysis'
import type { AnalysisFinding } from './finding-row.ts'

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' }

/** Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines of a change. */
export function sarifOf(findings: readonly AnalysisFinding[], codes: readonly AnalysisCode[]): string {
  const rules = codes.filter(({ code }) => findings.some(each => each.code === code))
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      { tool: { driver: { name: 'meshctl analyze', rules: rules.map(ruleOf) } }, results: findings.map(each => resultOf(each, rules)) },
    ],
  }
  return `${JSON.stringify(log, undefined, 2)}\n`
}

function ruleOf({ code, name, severity, summary }: AnalysisCode): object {
  return { id: code, name, shortDescription: { text: summary }, defaultConfiguration: { level: LEVELS[severity] } }
}

function resultOf(finding: AnalysisFinding, rules: readonly AnalysisCode[]): object {
  const { code, severity, message, remedy, file, line, object, path } = finding
  return {
    ruleId: code,
    ruleIndex: rules.findIndex(rule => rule.code === code),
    level: LEVELS[severity],
    message: { text: `${message}. Fix: ${remedy}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: Math.max(line, 1) } },
        logicalLocations: [{ fullyQualifiedName: [object, path].filter(part => part !== '').join(' ') }],
      },
    ],
  }
}

/** Relative references stay relative, so that the result fits any checkout. */
function uriOf(file: string): string {
  const encoded = file.split('/').map(encodeURIComponent).join('/')
  return file.startsWith('/') ? `file://${encoded}` : encoded
}
