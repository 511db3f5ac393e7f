import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@meshwork/core/result'
import type { CaseResult } from '../suite.ts'
import type { Findings } from './expectation.ts'

/** One recorded case: its name and how to find out what is wrong. */
export interface MixerCase {
  readonly name: string
  check(): Findings
}

/** An exception is a finding like any other. */
export function runCase(mixerCase: MixerCase): CaseResult {
  const findings = findingsOf(mixerCase)
  if (findings.length === 0) return { name: mixerCase.name, passed: true }
  return { name: mixerCase.name, passed: false, detail: findings.join('; ') }
}

function findingsOf(mixerCase: MixerCase): Findings {
  try {
    return mixerCase.check()
  } catch (error) {
    return [messageOf(error)]
  }
}

/** The shape of each file is the recorder's and documented in its README; a deviation shows as a failed case. */
export function readRecording<T>(dir: string, file: string, isUsable: (content: unknown) => content is T): T {
  const content: unknown = JSON.parse(readFileSync(join(dir, file), 'utf8'))
  if (!isUsable(content)) throw new Error(`${file} is not a recording of this suite`)
  return content
}

/** Takes an object with this key for the recording. */
export function hasKey<T>(key: keyof T & string): (content: unknown) => content is T {
  return (content): content is T => typeof content === 'object' && content !== null && key in content
}
