export { analyze, type AnalyzeOptions, type Locate } from './analyze.ts'
export type { Finding, Severity } from './finding.ts'
export { RULES } from './rules.ts'
