/** One broken rule in a piece of input. Validators return all of them, never only the first. */
export interface Violation {
  /** Where, from the root of the object: `spec.http[0].route[1].weight`. Empty for the object itself. */
  readonly path: string
  /** Stable identifier of the rule, lower-case with dashes: `unknown-field`, `weight-sum`. */
  readonly code: string
  /** What is wrong, in one sentence without a full stop. */
  readonly message: string
  /** What to do about it, when there is a single sensible thing: `did you mean 'subset'?`. */
  readonly hint?: string
}

export function violation(path: string, code: string, message: string, hint?: string): Violation {
  return hint === undefined ? { path, code, message } : { path, code, message, hint }
}

/** `spec.http` and `route` make `spec.http.route`; an index makes `spec.http[2]`. */
export function joinPath(parent: string, child: string | number): string {
  if (typeof child === 'number') return `${parent}[${child}]`
  return parent === '' ? child : `${parent}.${child}`
}

/** `spec.host: must not be empty (did you mean …)` */
export function formatViolation(v: Violation): string {
  const place = v.path === '' ? '' : `${v.path}: `
  const hint = v.hint === undefined ? '' : ` (${v.hint})`
  return `${place}${v.message}${hint}`
}
