export type FailureClass = 'missing-attribute' | 'attribute-type' | 'function'

/**
 * Why an evaluation gave no value. Returned, not thrown: a rule that reads an attribute which many requests lack
 * fails as often as it succeeds.
 */
export class Failure {
  readonly class: FailureClass
  readonly message: string

  constructor(kind: FailureClass, message: string) {
    this.class = kind
    this.message = message
  }
}
