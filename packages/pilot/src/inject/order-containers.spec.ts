import { expect, test } from 'vitest'
import { orderContainers } from './order-containers.ts'

const list = (...names: readonly string[]) => names.map(name => ({ name }))
const order = (inits: readonly string[], containers: readonly string[], native: boolean, gate: boolean) => {
  const ordered = orderContainers({ initContainers: list(...inits), containers: list(...containers) }, { native, gate })
  return [ordered.initContainers, ordered.containers].map(items => items.map(({ name }) => name).join(' '))
}

test("native: the application's init containers run behind the proxy", () => {
  expect(order(['migrate', 'istio-proxy', 'istio-init'], ['app'], true, false)).toEqual(['istio-init istio-proxy migrate', 'app'])
})

test('gate: the proxy is first; init containers of the application run before connections are redirected', () => {
  expect(order(['istio-init', 'migrate'], ['app', 'istio-proxy', 'log'], false, true)).toEqual([
    'migrate istio-init',
    'istio-proxy app log',
  ])
})

test('neither: the proxy is last', () => {
  expect(order(['istio-init'], ['istio-proxy', 'app'], false, false)).toEqual(['istio-init', 'app istio-proxy'])
})
