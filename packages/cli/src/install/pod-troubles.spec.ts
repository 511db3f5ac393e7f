import { expect, test } from 'vitest'
import { troublesOf } from './pod-troubles.ts'

function pod(status: object): readonly string[] {
  return troublesOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'istiod-1' }, status })
}

test('a missing image and a full node are told in the words of Kubernetes', () => {
  const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x"' }
  expect(pod({ containerStatuses: [{ state: { waiting } }] })).toEqual(['pod istiod-1: ImagePullBackOff Back-off pulling image "x"'])
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes are available' }]
  expect(pod({ conditions })).toEqual(['pod istiod-1: Unschedulable 0/1 nodes are available'])
})

test('a pod that is on its way has no trouble', () => {
  const conditions = [{ type: 'PodScheduled', status: 'True' }]
  expect(
    pod({ conditions, containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }, { state: { running: {} } }] }),
  ).toEqual([])
})
