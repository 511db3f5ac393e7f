import { expect, it } from 'vitest'
import { envoyPages } from './envoy-pages.ts'

function answer(path: string, query = ''): readonly [number, string, boolean] {
  const page = envoyPages().find(each => each.path === path)
  if (page === undefined) throw new Error(`there is no ${path}`)
  const { status, body } = page.answer({ method: 'GET', path, query: new URLSearchParams(query) })
  return [status, body.split('\n')[0] ?? '', page.changes]
}

it('answers what tools of Envoy ask for', () => {
  expect(answer('/hot_restart_version')).toEqual([200, 'disabled', false])
  expect(answer('/contention')[0]).toBe(200)
  expect(answer('/stats/recentlookups')[0]).toBe(200)
  expect(answer('/stats/recentlookups/enable')).toEqual([200, 'OK', true])
})

it('refuses to change runtime values, as Envoy does without an admin layer', () => {
  expect(answer('/runtime_modify')).toEqual([400, 'usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN', true])
  expect(answer('/runtime_modify', 'a=b')).toEqual([503, 'No admin layer specified', true])
})
