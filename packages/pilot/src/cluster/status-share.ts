import { objectKeyText } from '@meshwork/config/kinds'
import { type ObjectStatus, withOthers } from '../status/index.ts'

/** What one replica knows of one object from the proxies that are connected to it. */
interface Share {
  readonly generation: number
  readonly on: number
  readonly of: number
  /** One refusal is enough: a condition has room for one sentence. */
  readonly refusal?: { readonly proxy: string; readonly type: string; readonly message: string }
}

type Shares = ReadonlyMap<string, Share>

/** What other replicas are to know of the statuses of this one: only of objects that its proxies need. */
export function shareText(statuses: readonly ObjectStatus[]): string {
  const entries = statuses.flatMap((status): readonly (readonly [string, Share])[] => {
    const { programmed, refusals, generation = 0 } = status
    const [refusal] = refusals
    return programmed.of === 0 ? [] : [[objectKeyText(status), { generation, ...programmed, ...(refusal !== undefined && { refusal }) }]]
  })
  return JSON.stringify(Object.fromEntries(entries))
}

/** Statuses with what other replicas know. Who has judged another version of an object has not programmed this one. */
export function withShares(statuses: readonly ObjectStatus[], texts: readonly string[]): readonly ObjectStatus[] {
  const shares = texts.map(sharesIn)
  if (shares.every(({ size }) => size === 0)) return statuses
  return statuses.map(status => {
    const key = objectKeyText(status)
    const known = shares.flatMap(each => each.get(key) ?? [])
    if (known.length === 0) return status
    const current = known.filter(({ generation }) => generation === (status.generation ?? 0))
    const on = current.reduce((sum, share) => sum + share.on, 0)
    const of = known.reduce((sum, share) => sum + share.of, 0)
    return withOthers(
      status,
      { on, of },
      current.flatMap(({ refusal }) => refusal ?? []),
    )
  })
}

function sharesIn(text: string): Shares {
  try {
    const entries: unknown = JSON.parse(text)
    if (typeof entries !== 'object' || entries === null) return new Map()
    return new Map(Object.entries(entries).filter((entry): entry is [string, Share] => isShare(entry[1])))
  } catch {
    return new Map()
  }
}

/** Replicas may be of different versions. */
function isShare(value: unknown): value is Share {
  if (typeof value !== 'object' || value === null || !('on' in value) || !('of' in value) || !('generation' in value)) return false
  const { on, of, generation } = value
  if (![on, of, generation].every(each => typeof each === 'number')) return false
  if (!('refusal' in value)) return true
  const { refusal } = value
  return typeof refusal === 'object' && refusal !== null && 'proxy' in refusal && 'type' in refusal && 'message' in refusal
}
