import { MeshError, messageOf } from '@meshwork/core/result'
import type { Style } from '../output/style.ts'
import { EXIT } from './exit-codes.ts'

const USAGE_CODES: readonly string[] = ['USAGE', 'UNKNOWN_COMMAND', 'UNKNOWN_OPTION']

export function exitCodeOf(error: unknown): number {
  return error instanceof MeshError && USAGE_CODES.includes(error.code) ? EXIT.usage : EXIT.failed
}

/** One line: code, what happened, what to do next. Never a stack trace; `MESHWORK_DEBUG=1` adds it for us. */
export function failureLine(error: unknown, style: Style): string {
  const code = error instanceof MeshError ? error.code : 'INTERNAL'
  const next = error instanceof MeshError ? error.nextStep : 'run it again with MESHWORK_DEBUG=1 and report what it prints'
  const message = messageOf(error).replaceAll(/\s*\n\s*/g, ' ')
  return `${style.bad('error')} ${style.bold(code)}: ${message}${next === undefined ? '' : `; next: ${next}`}\n`
}

/** The same for `-o json`, on standard error, so that scripts need not parse sentences. */
export function failureJson(error: unknown): string {
  const known = error instanceof MeshError
  const body = {
    code: known ? error.code : 'INTERNAL',
    message: messageOf(error),
    ...(known && error.nextStep !== undefined ? { nextStep: error.nextStep } : {}),
  }
  return `${JSON.stringify({ error: body })}\n`
}
