import { destinationSteps } from './destination.ts'
import type { MeshModel } from './mesh-model.ts'
import { callerView, listenerSteps } from './outbound.ts'
import type { TracedRequest } from './request.ts'
import { routeSteps } from './routing.ts'
import type { Source } from './source.ts'
import type { Cite, Step } from './step.ts'

/** One way that a request may take; several where weights divide requests. */
export interface TracedWay {
  /** Percent of the requests. */
  readonly share: number
  readonly steps: readonly Step[]
  readonly outcome: string
}

export interface Trace {
  /** What all ways have in common. */
  readonly steps: readonly Step[]
  readonly ways: readonly TracedWay[]
}

/** Follows a request through what the proxies of caller and server are given. Nothing is sent. */
export function traceRequest(source: Source, request: TracedRequest, model: MeshModel, cite: Cite): Trace {
  const caller = callerView(source, model)
  const { steps, target } = listenerSteps(caller, request, source, model, cite)
  if (target === undefined) return ended(steps)
  const routed =
    target.kind === 'table'
      ? routeSteps(target.name, caller, request, source, model, cite)
      : { steps: [], destinations: target.destinations }
  const all = [...steps, ...routed.steps]
  if (routed.destinations.length === 0) return ended(all)
  const total = routed.destinations.reduce((sum, { weight }) => sum + weight, 0)
  const ways = routed.destinations.map(({ cluster, weight }) => {
    const further = destinationSteps(cluster, target.kind === 'table', caller, request, source, model, cite)
    return { share: Math.round((weight / total) * 100), steps: further, outcome: outcomeOf(further) }
  })
  return { steps: all, ways }
}

function ended(steps: readonly Step[]): Trace {
  return { steps, ways: [{ share: 100, steps: [], outcome: outcomeOf(steps) }] }
}

function outcomeOf(steps: readonly Step[]): string {
  return steps.findLast(each => each.ends !== undefined)?.ends ?? 'the trace ends here'
}
