import { MeshError } from '@meshwork/core/result'

/** A template that cannot be parsed or run: the message begins with `name:line:column`, both from 1. */
export class TemplateError extends MeshError {
  readonly template: string
  readonly line: number
  readonly column: number

  constructor(code: 'TEMPLATE_SYNTAX' | 'TEMPLATE_FAILED', place: TemplatePlace, message: string, options: TemplateErrorOptions) {
    const { line, column } = lineAndColumn(place.source, place.at)
    super(code, `${place.template}:${line}:${column}: ${message}`, { source: 'config', ...options })
    this.name = 'TemplateError'
    this.template = place.template
    this.line = line
    this.column = column
  }
}

export interface TemplatePlace {
  readonly template: string
  readonly source: string
  readonly at: number
}

export interface TemplateErrorOptions {
  readonly nextStep: string
  readonly cause?: unknown
}

/** A failure whose place is not known yet; the evaluator adds it. */
export class TemplateFault extends Error {
  readonly nextStep: string

  constructor(message: string, nextStep: string) {
    super(message)
    this.nextStep = nextStep
  }
}

function lineAndColumn(source: string, at: number): { line: number; column: number } {
  const before = source.slice(0, at)
  const lastBreak = before.lastIndexOf('\n')
  return { line: before.split('\n').length, column: at - lastBreak }
}
