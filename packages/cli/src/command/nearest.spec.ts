import { describe, expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const WORDS = ['local', 'version', 'proxy-status', 'proxy-config', 'analyze']

describe('nearest', () => {
  it.each([
    ['lokal', 'local'],
    ['versoin', 'version'],
    ['proxy-stauts', 'proxy-status'],
    ['analyse', 'analyze'],
    ['ana', 'analyze'],
    ['LOCAL', 'local'],
  ])('%s is probably %s', (typed, meant) => {
    expect(nearest(typed, WORDS)).toBe(meant)
  })

  it.each(['frobnicate', 'x', ''])('%s is close to nothing', typed => {
    expect(nearest(typed, WORDS)).toBeUndefined()
  })
})
