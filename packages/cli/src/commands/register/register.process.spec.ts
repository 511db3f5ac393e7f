import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runMeshctl } from '../../main.ts'

const obstacle = apiServerObstacle()

describe.skipIf(obstacle !== null)(`registering machines at a real API server${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let server: TestApiServer

  beforeAll(async () => {
    server = await TestApiServer.start()
  })

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  async function meshctl(...args: readonly string[]): Promise<{ code: number; text: string }> {
    let text = ''
    const add = (part: string): void => void (text += part)
    return { code: await runMeshctl([...args, '--kubeconfig', server.kubeconfig], { out: add, err: add, color: false }), text }
  }

  const slices = (): Promise<string> =>
    server.kubectl([
      'get',
      'endpointslices',
      '-l',
      'kubernetes.io/service-name=db',
      '-o',
      'jsonpath={range .items[*]}{.endpoints[0].addresses[0]} {end}',
    ])

  it('makes the service and its endpoints, again and again', async () => {
    expect(await meshctl('register', 'db', '10.0.0.5', 'mysql:3306', '-l', 'tier=data', '-s', 'billing')).toEqual({
      code: 0,
      text: 'db.default has 10.0.0.5 with mysql:3306\n',
    })
    expect((await meshctl('register', 'db', '10.0.0.5', 'mysql:3306')).code).toBe(0)
    expect((await meshctl('register', 'db', '10.0.0.6', 'mysql:3306')).code).toBe(0)
    expect(await slices()).toBe('10.0.0.5 10.0.0.6 ')
    const service = await server.kubectl(['get', 'service', 'db', '-o', 'jsonpath={.spec.selector}{.spec.ports[*].name}'])
    expect(service).toBe('mysql')
  })

  it('takes one machine out and leaves the others', async () => {
    expect(await meshctl('deregister', 'db', '10.0.0.5')).toEqual({ code: 0, text: 'db.default no longer has 10.0.0.5\n' })
    expect(await slices()).toBe('10.0.0.6 ')
    const again = await meshctl('deregister', 'db', '10.0.0.5')
    expect(again.code).toBe(3)
    expect(again.text).toContain('10.0.0.5 is not registered with db in default')
  })

  it('does not touch a service that selects pods', async () => {
    await server.kubectl(['create', 'service', 'clusterip', 'web', '--tcp=80:80'])
    const before = await server.kubectl(['get', 'service', 'web', '-o', 'yaml'])
    const { code, text } = await meshctl('register', 'web', '10.0.0.7', 'http:80')
    expect(code).toBe(3)
    expect(text).toContain('Service web finds its endpoints by labels of pods')
    expect(await server.kubectl(['get', 'service', 'web', '-o', 'yaml'])).toBe(before)
  })
})
