import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeMessage } from '@meshwork/protos/encode-message'
import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { parseDocument } from 'yaml'
import { expect, test } from 'vitest'
import { casesIn, generate, snapshotOf } from './testdata/run-case.ts'

const CASES = ['clusters', 'endpoints', 'routes'].flatMap(area => {
  const folder = join(import.meta.dirname, area, 'testdata')
  return casesIn(folder).map(name => join(folder, `${name}.in.yaml`))
})

/** Bytes put together by hand are as many as those of the same message written by the generated code: nothing twice, nothing empty. */
test.each(CASES)('%s', file => {
  const [head = '', ...rest] = readFileSync(file, 'utf8').split(/^---$/m)
  const { node, metadata } = parseDocument(head).toJS()
  const view = generate(snapshotOf(rest.join('---')), node, metadata)
  for (const { resource, message } of view.clusters) expect(resource.bytes).toHaveLength(encodeMessage(Cluster, message).length)
  for (const { resource, message } of view.endpoints)
    expect(resource.bytes).toHaveLength(encodeMessage(ClusterLoadAssignment, message).length)
  for (const { resource, message } of view.routes) expect(resource.bytes).toEqual(encodeMessage(RouteConfiguration, message))
})
