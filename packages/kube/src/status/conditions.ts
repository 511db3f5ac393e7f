import { type KubeDocument, textOf } from '../client/fields.ts'

/** A condition as it is to be. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  /** One word for programs. */
  readonly reason: string
  /** A sentence for people. */
  readonly message: string
}

/** As long as a message may be; API servers take 32 KiB, people less. */
const LONGEST_MESSAGE = 1024

/** What a change of conditions means. */
export type ConditionChange = 'none' | 'words' | 'verdict'

/**
 * The conditions of an object with ours as they are to be: those of other writers stay as they are, those of ours that are not in
 * `wanted` go. `owned` are the types that are ours.
 */
export function mergeConditions(
  before: readonly KubeDocument[],
  wanted: readonly Condition[],
  { owned, generation, now }: { readonly owned: ReadonlySet<string>; readonly generation: number | undefined; readonly now: number },
): readonly KubeDocument[] {
  const others = before.filter(({ type }) => !owned.has(textOf(type)))
  const ours = wanted.map(({ type, status, reason, message }) => {
    const earlier = before.find(each => each['type'] === type)
    const isSameVerdict = earlier?.['status'] === status && textOf(earlier['lastTransitionTime']) !== ''
    const lastTransitionTime = isSameVerdict ? earlier['lastTransitionTime'] : new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
    const sentence = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 1)}…` : message
    return {
      type,
      status,
      reason,
      message: sentence,
      lastTransitionTime,
      ...(generation !== undefined && { observedGeneration: generation }),
    }
  })
  return [...others, ...ours]
}

/** Whether conditions differ in what they say, only in words and counts, or not at all. Other writers' conditions count for nothing. */
export function conditionChange(
  before: readonly KubeDocument[],
  after: readonly KubeDocument[],
  owned: ReadonlySet<string>,
): ConditionChange {
  const say = (conditions: readonly KubeDocument[], fields: readonly string[]): string =>
    JSON.stringify(
      conditions
        .filter(({ type }) => owned.has(textOf(type)))
        .map(condition => fields.map(field => condition[field]))
        .toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
    )
  // Some definitions have generations as texts.
  const words = ['type', 'status', 'reason', 'message']
  const verdict = ['type', 'status', 'reason']
  if (say(before, verdict) !== say(after, verdict) || generations(before, owned) !== generations(after, owned)) return 'verdict'
  return say(before, words) === say(after, words) ? 'none' : 'words'
}

function generations(conditions: readonly KubeDocument[], owned: ReadonlySet<string>): string {
  return conditions
    .filter(({ type }) => owned.has(textOf(type)))
    .map(({ type, observedGeneration }) => `${String(type)}=${String(observedGeneration)}`)
    .toSorted()
    .join()
}
