import { describe, expect, test } from 'vitest'
import { readCorpus } from './corpus.ts'
import { targets } from './targets/table.ts'

describe('kept inputs of the fuzzer', () => {
  test.each(Object.keys(targets))('%s holds its invariants on every one', async name => {
    const target = await targets[name]?.load()
    const inputs = [...(target?.seeds ?? []), ...readCorpus(name)]
    for (const input of inputs) target?.run(input)
    expect(inputs.length).toBeGreaterThan(20)
  })
})
