import type { CheckAnswer } from '../handler/index.ts'

/** What Mixer answers when nobody has an opinion. */
export const NO_OPINION: CheckAnswer = { code: 0, message: '', validNanos: 60_000_000_000n, validUseCount: 10_000 }

export interface AnswerOf {
  /** Qualified name of the handler. */
  readonly handler: string
  readonly answer: CheckAnswer
}

function isOpinion({ answer }: AnswerOf): boolean {
  return answer.code !== 0 || answer.validNanos !== 0n || answer.validUseCount !== 0
}

/** The shortest validity, the code of the first failure to arrive, the texts of all failures (mixer.md 1.4, 3.4). */
export function combineAnswers(arrived: readonly AnswerOf[]): CheckAnswer {
  const opinions = arrived.filter(isOpinion)
  const [first] = opinions
  if (first === undefined) return NO_OPINION
  const failures = opinions.filter(({ answer }) => answer.code !== 0)
  return {
    code: failures[0]?.answer.code ?? 0,
    message: failures.map(({ handler, answer }) => `${handler}:${answer.message}`).join(', '),
    validNanos: opinions.reduce((least, { answer }) => (answer.validNanos < least ? answer.validNanos : least), first.answer.validNanos),
    validUseCount: Math.min(...opinions.map(({ answer }) => answer.validUseCount)),
  }
}
