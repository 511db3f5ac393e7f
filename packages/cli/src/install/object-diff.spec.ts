import { expect, test } from 'vitest'
import { changeText, diffObjects } from './object-diff.ts'

const DEPLOYMENT = {
  metadata: { name: 'istiod', resourceVersion: '1', generation: 1, managedFields: [{}] },
  spec: { replicas: 1, containers: [{ name: 'a', image: 'x:1' }, { name: 'b' }], args: ['--one', '--two'] },
  status: { replicas: 1 },
}

test('what only the server writes is no difference', () => {
  expect(diffObjects(DEPLOYMENT, { ...DEPLOYMENT, metadata: { name: 'istiod', resourceVersion: '2', generation: 2 }, status: {} })).toEqual(
    [],
  )
})

test('items with names are compared by name, others by position; the path says where', () => {
  const spec = { replicas: 2, containers: [{ name: 'c' }, { name: 'a', image: 'x:2' }], args: ['--one'] }
  expect(diffObjects(DEPLOYMENT, { ...DEPLOYMENT, spec }).map(changeText)).toEqual([
    '~ spec.replicas: 1 -> 2',
    '~ spec.containers[a].image: "x:1" -> "x:2"',
    '- spec.containers[b]: {"name":"b"}',
    '+ spec.containers[c]: {"name":"c"}',
    '- spec.args[1]: "--two"',
  ])
})

test('keys that are no words are quoted, long values are cut', () => {
  const [change] = diffObjects({ metadata: { labels: {} } }, { metadata: { labels: { 'istio.io/rev': 'x'.repeat(200) } } })
  expect(change === undefined ? '' : changeText(change)).toMatch(/^\+ metadata\.labels\["istio\.io\/rev"\]: "x{119}… \(202 characters\)$/)
})
