import { TemplateFault } from './template-error.ts'

/** A fault together with the offset at which it was noticed. */
export class SyntaxFault extends TemplateFault {
  readonly at: number

  constructor(at: number, message: string, nextStep: string) {
    super(message, nextStep)
    this.at = at
  }
}
