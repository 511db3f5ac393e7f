import type { Origin } from '@meshwork/config/kinds'

/** A place in the configuration, for people: object, path in it, file and line. */
export interface Citation {
  /** `VirtualService default/reviews`. */
  readonly object: string
  readonly path: string
  readonly file: string
  /** 1-based. */
  readonly line: number
}

/** Something that was looked at earlier and did not decide, and why. */
export interface Passed {
  readonly what: string
  readonly why: string
  readonly at: Citation | undefined
}

/** One decision on the way of a request. */
export interface Step {
  /** `listener`, `virtual host`, `route` … */
  readonly stage: string
  readonly decision: string
  readonly because: string
  readonly at: readonly Citation[]
  readonly passed: readonly Passed[]
  /** What happens to the request beside being routed: retries, faults, rewrites. */
  readonly effects: readonly string[]
  /** The request ends here, and how. */
  readonly ends?: string
}

export interface StepParts {
  readonly because?: string
  readonly at?: readonly (Citation | undefined)[]
  readonly passed?: readonly Passed[]
  readonly effects?: readonly string[]
  readonly ends?: string
}

export function step(stage: string, decision: string, parts: StepParts = {}): Step {
  const { because = '', at = [], passed = [], effects = [], ends } = parts
  return { stage, decision, because, at: at.filter(each => each !== undefined), passed, effects, ...(ends !== undefined && { ends }) }
}

interface Citable {
  readonly kind: string
  readonly meta: { readonly namespace: string; readonly name: string }
  readonly origin: Origin
}

/** Finds the line of a path of an object. */
export type Cite = (object: Citable, path: string) => Citation

export function citer(locate: (object: Citable, path: string) => number): Cite {
  return (object, path) => ({
    object: `${object.kind} ${object.meta.namespace}/${object.meta.name}`,
    path,
    file: object.origin.file,
    line: locate(object, path),
  })
}
