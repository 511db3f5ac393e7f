import { relative } from 'node:path'
import type { Finding, Severity } from '@meshwork/config/analysis'
import { type ObjectKey, objectKeyText } from '@meshwork/config/kinds'
import type { Style } from '../../output/style.ts'

/** The gravest first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info']

/** A finding in `-o json`. */
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
  /** What to do about it. */
  readonly remedy: string
}

export function findingRow({ key, file, ...rest }: Finding, cwd: string): AnalysisFinding {
  const { code, name, severity, message, line, path, remedy } = rest
  return {
    file: shownPath(file, cwd),
    line,
    severity,
    code,
    name,
    object: key === undefined ? '' : objectName(key),
    path,
    message,
    remedy,
  }
}

/** Kinds that stand in no namespace. */
const CLUSTER_WIDE = /^(?:Namespace|Node|CustomResourceDefinition|.*WebhookConfiguration)$/

function objectName(key: ObjectKey): string {
  return CLUSTER_WIDE.test(key.kind) ? `${key.kind}/${key.name}` : objectKeyText(key)
}

/** As short as the reader can use it. */
export function shownPath(file: string, cwd: string): string {
  if (!file.startsWith('/')) return file
  const short = relative(cwd, file)
  return short.startsWith('..') ? file : short
}

/** Whether a severity is as grave as another, or graver. */
export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(threshold)
}

/** `file:line: error IST0101 …`, which editors can jump to, and below it what to do. */
export function findingText(each: AnalysisFinding, style: Style): string {
  const about = [each.object, each.path].filter(part => part !== '').join(' ')
  const place = each.file === '' ? '' : `${each.file}:${each.line}: `
  const what = `${style.bold(each.code)} ${each.name}: ${about === '' ? '' : `${about}: `}${each.message}`
  return `${place}${painted(each.severity, style)} ${what}\n    fix: ${each.remedy}\n`
}

function painted(severity: Severity, style: Style): string {
  if (severity === 'error') return style.bad(severity)
  return severity === 'warning' ? style.warn(severity) : style.dim(severity)
}
