import { CompiledMatcher } from './compiled-matcher.ts'
import { Dice } from './dice.ts'
import type { MeshDocument, RequestDocument } from './mesh-document.ts'
import { naiveVerdict, type Verdict } from './naive-matcher.ts'
import { randomMesh } from './random-mesh.ts'
import { randomRequest } from './random-request.ts'

/** A request on which the two matchers differ. */
export interface Disagreement {
  /** Makes the mesh and its requests again. */
  readonly seed: number
  readonly request: RequestDocument
  readonly naive: Verdict
  readonly compiled: Verdict
  readonly mesh: MeshDocument
}

export interface Agreement {
  readonly requests: number
  /** How often each kind of verdict was given: `route`, `none`, `default`, `strange`. */
  readonly verdicts: Readonly<Record<string, number>>
  readonly disagreement: Disagreement | undefined
}

const REQUESTS_PER_MESH = 200

/** Asks both matchers about `requests` random requests, two hundred for each random mesh, until they differ. */
export function compareMatchers(requests: number, seed: number): Agreement {
  const verdicts: Record<string, number> = { route: 0, none: 0, default: 0, strange: 0 }
  let asked = 0
  for (let meshSeed = seed; asked < requests; meshSeed++) {
    const dice = new Dice(meshSeed)
    const mesh = randomMesh(dice)
    const matcher = new CompiledMatcher(mesh)
    for (let i = 0; i < REQUESTS_PER_MESH && asked < requests; i++, asked++) {
      const request = randomRequest(dice)
      const [naive, compiled] = [naiveVerdict(mesh, request), matcher.verdict(request)]
      if (naive !== compiled) return { requests: asked, verdicts, disagreement: { seed: meshSeed, request, naive, compiled, mesh } }
      const kind = naive in verdicts ? naive : 'route'
      verdicts[kind] = (verdicts[kind] ?? 0) + 1
    }
  }
  return { requests: asked, verdicts, disagreement: undefined }
}
