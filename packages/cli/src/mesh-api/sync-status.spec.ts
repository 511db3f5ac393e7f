import { describe, expect, it } from 'vitest'
import { overallSync, readSyncStatus } from './sync-status.ts'

function proxy(types: object): unknown {
  return [{ proxy: 'sidecar~127.0.0.1~web-v1.default~default.svc.cluster.local', ...types }]
}

describe('sync status', () => {
  it.each([
    [{ cds: { state: 'SYNCED' }, lds: { state: 'SYNCED' } }, 'SYNCED'],
    [{ cds: { state: 'SYNCED' }, lds: { state: 'STALE' } }, 'STALE'],
    [{ cds: { state: 'SYNCED' }, rds: { state: 'NACK', message: 'bad' }, lds: { state: 'STALE' } }, 'REJECTED'],
    [{}, 'NOT SENT'],
  ])('%j is %s', (types, word) => {
    const [read] = readSyncStatus(proxy(types))
    expect(read?.name).toBe('web-v1.default')
    expect(overallSync(read)).toBe(word)
  })

  it('knows when a proxy is not there', () => {
    expect(overallSync(undefined)).toBe('NOT CONNECTED')
  })

  it.each([null, {}, 'x', [1, null]])('reads %j without falling over', answer => {
    expect(Array.isArray(readSyncStatus(answer))).toBe(true)
  })
})
