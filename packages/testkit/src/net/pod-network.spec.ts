import { existsSync, readdirSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { PodNetwork, podNetworkObstacle } from './pod-network.ts'
import { runCommand } from './run-command.ts'

const interception = { proxyUid: 1337, outboundPort: 15001, inboundPort: 15006, excludedInboundPorts: [15021] }
const spec = {
  pods: [{ name: 'a', address: '10.44.1.1', interception }],
  plainAddresses: ['10.44.4.1'],
  prefixLength: 16,
  gateway: '10.44.0.1',
}

function ownNamespaces(): readonly string[] {
  return existsSync('/var/run/netns') ? readdirSync('/var/run/netns').filter(name => name.startsWith(`mw${process.pid}-`)) : []
}

function connectFailure(node: readonly string[], host: string): Promise<string> {
  const script = `require('node:net').connect(9, '${host}').on('error', error => process.stdout.write(error.code))`
  return runCommand([...node, '-e', script])
}

const obstacle = podNetworkObstacle()

describe.skipIf(obstacle !== null)(`PodNetwork${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  it('joins pods and plain addresses, and leaves nothing behind', async () => {
    {
      await using network = await PodNetwork.create(spec)
      expect(await connectFailure([...network.enterSwitch(), process.execPath], '10.44.1.1')).toBe('ECONNREFUSED')
      expect(await connectFailure([...network.enterPod('a'), process.execPath], '10.44.4.1')).toBe('ECONNREFUSED')
      const rules = await runCommand([...network.enterPod('a'), 'iptables', '-t', 'nat', '-S'])
      expect(rules).toContain('--to-ports 15006')
      expect(rules).toContain('--uid-owner 1337')
      expect(ownNamespaces()).toHaveLength(2)
    }
    expect(ownNamespaces()).toEqual([])
  })

  it('removes what was built when building fails', async () => {
    const broken = { ...spec, pods: [...spec.pods, { name: 'b', address: 'nonsense', interception: null }] }
    await expect(PodNetwork.create(broken)).rejects.toThrow('nonsense')
    expect(ownNamespaces()).toEqual([])
  })
})
