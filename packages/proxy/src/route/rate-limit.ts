import type { RateLimitAction, RateLimitRule } from '../model/rate-limit.ts'
import { compileHeaderMatch } from './match-header.ts'
import { pseudoHeader, type RequestView } from './request-view.ts'

/** One entry of a descriptor. */
export type DescriptorEntry = readonly [key: string, value: string]

/** What actions look at. */
export interface DescribedRequest extends RequestView {
  readonly clusterName: string
  readonly remoteAddress: string
}

/** A rule ready to describe requests. null: the request has no such descriptor. */
export interface RateLimitDescriber {
  readonly stage: number
  describe(request: DescribedRequest): readonly DescriptorEntry[] | null
}

export function compileRateLimits(rules: readonly RateLimitRule[]): readonly RateLimitDescriber[] {
  return rules.map(({ stage, actions }) => {
    const makers = actions.map(compileAction)
    return {
      stage,
      describe: request => {
        const entries: DescriptorEntry[] = []
        for (const make of makers) {
          const entry = make(request)
          if (entry === 'none') return null
          if (entry !== 'skip') entries.push(entry)
        }
        return entries.length === 0 ? null : entries
      },
    }
  })
}

/** `none`: there is no descriptor. `skip`: it goes on without this entry. */
type EntryMaker = (request: DescribedRequest) => DescriptorEntry | 'none' | 'skip'

function compileAction(action: RateLimitAction): EntryMaker {
  switch (action.kind) {
    case 'text': {
      const entry: DescriptorEntry = [action.key, action.value]
      return () => entry
    }
    case 'destination-cluster':
      return ({ clusterName }) => ['destination_cluster', clusterName]
    case 'remote-address':
      return ({ remoteAddress }) => (remoteAddress === '' ? 'none' : ['remote_address', remoteAddress])
    case 'header': {
      const { key, name, optional } = action
      return request => {
        const value = pseudoHeader(request, name) ?? request.requestHeaders.get(name)
        return value === null ? (optional ? 'skip' : 'none') : [key, value]
      }
    }
    case 'headers-match': {
      const tests = action.headers.map(compileHeaderMatch)
      const entry: DescriptorEntry = [action.key, action.value]
      return request => (tests.every(test => test(request)) === action.expected ? entry : 'none')
    }
  }
}
