import { describe, expect, it } from 'vitest'

import { parseInitOptions } from './interception-flags.ts'

function interception(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): ReturnType<typeof parseInitOptions>['interception'] {
  return parseInitOptions(argv, environment, ['10.96.0.10', 'fd00::a']).interception
}

describe('flags of meshwork-init', () => {
  it("are those of Istio 1.0's script", () => {
    const told = interception([
      '-p',
      '16001',
      '-u',
      '1337,99',
      '-m',
      'TPROXY',
      '-b',
      '80,8080',
      '-i',
      '10.0.0.0/8,fd00::/8',
      '-x',
      '10.1.2.3',
    ])
    expect(told).toMatchObject({ mode: 'TPROXY', outboundPort: 16_001, bypassUids: [1337, 99], bypassGids: [1337, 99] })
    expect(told.inbound).toEqual({ kind: 'only', ports: [80, 8080] })
    expect(told.outbound.include).toEqual([
      { family: 'ipv4', text: '10.0.0.0/8' },
      { family: 'ipv6', text: 'fd00::/8' },
    ])
    expect(told.outbound.exclude).toEqual([{ family: 'ipv4', text: '10.1.2.3/32' }])
  })

  it('take what is missing from the environment the script read, and redirect nothing where that says nothing', () => {
    expect(interception([])).toMatchObject({ inbound: { kind: 'only', ports: [] }, outbound: { include: [] }, dns: null })
    const told = interception([], {
      ISTIO_INBOUND_PORTS: '*',
      ISTIO_LOCAL_EXCLUDE_PORTS: '15020',
      ISTIO_SERVICE_CIDR: '*',
      ENVOY_PORT: '15009',
    })
    expect(told).toMatchObject({ outboundPort: 15_009, inbound: { kind: 'all', except: [15_020] }, outbound: { include: 'all' } })
  })

  it("take queries to the pod's own name servers, or to any", () => {
    expect(interception(['--redirect-dns']).dns?.servers).toEqual([
      { family: 'ipv4', text: '10.96.0.10/32' },
      { family: 'ipv6', text: 'fd00::a/128' },
    ])
    expect(interception(['--capture-all-dns']).dns).toEqual({ port: 15_053, servers: 'all' })
  })

  it.each([
    [['-b', '80,http'], "-b: 'http' is not a port (1 to 65535)"],
    [['-d', '65536'], "-d: '65536' is not a port (1 to 65535)"],
    [['-i', '10.0.0.0/33'], "-i: '33' is not a prefix length (0 to 32)"],
    [['-x', 'example.com'], "-x: 'example.com' is not a range like 10.0.0.0/8"],
    [['-u', 'envoy'], "-u: 'envoy' is not a number"],
    [['tidy'], "'tidy' is not an action"],
  ])('%j is refused with the flag and what it wants', (argv, message) => {
    expect(() => interception(argv)).toThrow(message)
  })

  it('takes ports above 32767, which 1.0 refused', () => {
    expect(interception(['-b', '*', '-d', '40000']).inbound).toEqual({ kind: 'all', except: [40_000] })
  })
})
