import { describe, expect, it } from 'vitest'
import { readAdvice, readRejections } from './rejections.ts'

describe('readRejections', () => {
  it('names file, line, object and path of each violation', () => {
    const rejection = {
      key: { kind: 'VirtualService', namespace: 'default', name: 'reviews' },
      origin: { file: 'a.yaml', line: 1 },
      violations: [{ path: 'spec.hsts', message: "unknown field 'hsts'", hint: "did you mean 'hosts'?", line: 6 }],
    }
    const broken = { origin: { file: 'b.yaml', line: 1 }, violations: [{ path: '', message: 'broken', line: 3 }] }
    expect(readRejections([rejection, broken])).toEqual([
      "a.yaml:6: VirtualService/default/reviews spec.hsts: unknown field 'hsts' (did you mean 'hosts'?)",
      'b.yaml:3: broken',
    ])
  })

  it.each([null, {}, [null], [{ violations: 5 }]])('reads %j as none', answer => {
    expect(readRejections(answer)).toEqual([])
  })
})

describe('readAdvice', () => {
  it('names file, line, code, object, path and what to do, and leaves out what is for information', () => {
    const key = { kind: 'VirtualService', namespace: 'default', name: 'reviews' }
    const finding = {
      code: 'IST0101',
      severity: 'error',
      file: 'a.yaml',
      line: 7,
      key,
      path: 'spec.http[0]',
      message: 'there is no host',
      remedy: 'create it',
    }
    expect(readAdvice([finding, { ...finding, severity: 'info' }, null])).toEqual([
      'a.yaml:7: IST0101 VirtualService/default/reviews spec.http[0]: there is no host; fix: create it',
    ])
  })
})
