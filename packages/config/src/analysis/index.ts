export { analyze, type AnalyzeOptions, type Locate } from './analyze.ts'
export { CODES, type AnalysisCode } from './codes.ts'
export type { Finding, Severity, Subject } from './finding.ts'
export { RULES } from './rules.ts'
