/** Whose fault it is: decides who is told, and which metric counts. */
export type ErrorSource = 'downstream' | 'upstream' | 'internal' | 'config'

/** Whether the same call may be repeated: `reused` only if it failed on a reused connection. */
export type RetryClass = 'never' | 'always' | 'reused'

export interface MeshErrorOptions {
  readonly source?: ErrorSource
  readonly retry?: RetryClass
  readonly cause?: unknown
  /** What the reader should do next. Command-line tools print it below the message. */
  readonly nextStep?: string
}

/**
 * An error meant for people: `message` names the cause, `nextStep` what to do.
 * `code` is stable and upper-case (`PORT_IN_USE`), so that scripts and documents can refer to it.
 */
export class MeshError extends Error {
  readonly code: string
  readonly source: ErrorSource
  readonly retry: RetryClass
  readonly nextStep: string | undefined

  constructor(code: string, message: string, options: MeshErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'MeshError'
    this.code = code
    this.source = options.source ?? 'internal'
    this.retry = options.retry ?? 'never'
    this.nextStep = options.nextStep
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
