import { MeshError } from '@meshwork/core/result'
import { describe, expect, it } from 'vitest'
import { parseProxyOptions } from './proxy-options.ts'
import { xdsNode } from './xds-node.ts'

const NODE = 'sidecar~10.0.0.1~web-1.default~default.svc.cluster.local'
const IDENTITY = ['--namespace', 'default', '--service-account', 'web', '--ca-root', '/root.pem', '--token', '/token']

describe('parseProxyOptions', () => {
  it('reads who the workload is and where everything else is', () => {
    const options = parseProxyOptions([
      'sidecar',
      ...['--node', NODE, ...IDENTITY, '--labels', 'app=web,version=v1'],
      ...['--xds', 'unix:/run/pilot.sock', '--admin', '127.0.0.1:0', '--interception', 'REDIRECT', '--drain-seconds', '1'],
    ])
    expect(options).toMatchObject({
      node: NODE,
      xds: { kind: 'unix', path: '/run/pilot.sock' },
      variant: 'sotw',
      admin: { kind: 'tcp', host: '127.0.0.1', port: 0 },
      drainMs: 1000,
      identity: {
        kind: 'citadel',
        flags: { namespace: 'default', serviceAccount: 'web', ca: '127.0.0.1:15012', trustDomain: 'cluster.local' },
      },
    })
    expect(xdsNode(options)).toMatchObject({
      id: NODE,
      cluster: 'web-1.default',
      metadata: {
        NAMESPACE: 'default',
        SERVICE_ACCOUNT: 'web',
        LABELS: { app: 'web', version: 'v1' },
        INTERCEPTION_MODE: 'REDIRECT',
        CLUSTER_ID: 'Kubernetes',
        MESHWORK_VERSION: expect.any(String),
      },
    })
  })

  it('takes the long names, more metadata, and certificates from an SDS server', () => {
    const options = parseProxyOptions([
      '--node-id',
      NODE,
      '--node-metadata',
      '{"NAMESPACE":"x"}',
      '--xds-address',
      'h:1',
      '--sds-address',
      'unix:/s',
    ])
    expect(options.identity).toEqual({ kind: 'sds', address: { kind: 'unix', path: '/s' } })
    expect(options.metadata).toMatchObject({ NAMESPACE: 'x' })
  })

  it.each([
    [['--node', 'x', ...IDENTITY], "'x' is not a node id"],
    [['--node', 'sidecar~~a~b', ...IDENTITY], 'is not a node id'],
    [['router', '--node', NODE, ...IDENTITY], 'a router has the node id of a sidecar'],
    [['--node', NODE], '--namespace is missing'],
    [['--node', NODE, ...IDENTITY, '--admin', '0.0.0.0:15000'], 'may not listen on 0.0.0.0'],
    [['--node', NODE, ...IDENTITY, '--xds', 'nowhere'], "'nowhere' is not of the form"],
    [['--node', NODE, ...IDENTITY, '--labels', 'app'], "'app' is not a label"],
    [['--node', NODE, ...IDENTITY, '--node-metadata', '[]'], 'not a JSON object'],
    [['--node', NODE, ...IDENTITY, '--what'], 'unknown option'],
  ])('refuses %j', (argv, message) => {
    const parse = (): unknown => parseProxyOptions(argv)
    expect(parse).toThrow(MeshError)
    expect(parse).toThrow(message)
  })
})
