import { describe, expect, it } from 'vitest'
import { parseSamples } from './prometheus-text.ts'

describe('parseSamples', () => {
  it('reads names, labels with escapes, values and timestamps, and skips the rest', () => {
    const text = '# HELP x y\n# TYPE x counter\nx 1\nx{a="b,\\"c\\"",d="e\\\\"} 2.5e3 1700000000000\n\nbroken{\nup +Inf\n'
    expect(parseSamples(text)).toEqual([
      { name: 'x', labels: {}, value: 1 },
      { name: 'x', labels: { a: 'b,"c"', d: 'e\\' }, value: 2500 },
      { name: 'up', labels: {}, value: Infinity },
    ])
  })
})
