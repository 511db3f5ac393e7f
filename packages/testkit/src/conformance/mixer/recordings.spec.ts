import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { CaseResult, ConformanceSuite } from '../suite.ts'
import { mixerAttributesSuite } from './attributes/suite.ts'
import { mixerDispatchSuite } from './dispatch/suite.ts'
import { mixerExprSuite } from './expr/suite.ts'
import { mixerPrometheusSuite } from './prometheus/suite.ts'

const RECORDINGS = fileURLToPath(new URL('../../../../../../shared/conformance/', import.meta.url))

async function failuresOf(suite: ConformanceSuite, folder: string): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = []
  for await (const result of suite.run(`${RECORDINGS}${folder}`, { only: undefined, dataplane: 'both' })) results.push(result)
  expect(results.length).toBeGreaterThan(20)
  return results.filter(result => !result.passed)
}

describe.skipIf(!existsSync(RECORDINGS))('recorded facts (needs shared/conformance beside the repository)', () => {
  it('mixer-attributes', async () => {
    expect(await failuresOf(mixerAttributesSuite, 'mixer-attributes')).toEqual([])
  })

  it('mixer-expr', async () => {
    expect(await failuresOf(mixerExprSuite, 'mixer-expr')).toEqual([])
  })

  it('mixer-prometheus', async () => {
    expect(await failuresOf(mixerPrometheusSuite, 'mixer-prometheus')).toEqual([])
  })

  it('mixer-dispatch, but for what later issues build', async () => {
    const failed = await failuresOf(mixerDispatchSuite, 'mixer-dispatch')
    expect(failed.map(({ name }) => name)).toEqual([
      'routing apa',
      'quota answer with a failure status',
      'generation generated attributes are added',
      'generation adapter error',
    ])
  })
})
