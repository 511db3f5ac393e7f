import { describe, expect, it } from 'vitest'

import { interceptionChains } from './interception-chains.ts'
import { parseInitOptions } from './interception-flags.ts'
import { iptablesInput } from './iptables.ts'

const CHAINS = interceptionChains(parseInitOptions(['-b', '*', '-i', '*'], {}, []).interception, 'ipv4')
/** A pod that another tool has rules in, after an earlier run of ours in another mode. */
const SAVED = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:FOREIGN - [0:0]
:ISTIO_INBOUND - [0:0]
:ISTIO_OLD - [0:0]
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A PREROUTING -p tcp -j FOREIGN
-A OUTPUT -p tcp -j ISTIO_OLD
-A ISTIO_INBOUND -p tcp -j ISTIO_OLD
COMMIT
*filter
:INPUT ACCEPT [0:0]
COMMIT
`

function lines(text: string): readonly string[] {
  return text.split('\n')
}

describe('input of iptables-restore', () => {
  it('takes back what an earlier run hooked in before it hooks in anew, and removes chains that nobody needs', () => {
    const input = lines(iptablesInput(CHAINS, SAVED))
    expect(input).toContain('-D PREROUTING -p tcp -j ISTIO_INBOUND')
    expect(input).toContain('-D OUTPUT -p tcp -j ISTIO_OLD')
    expect(input).toContain('-X ISTIO_OLD')
    expect(input.indexOf('-D PREROUTING -p tcp -j ISTIO_INBOUND')).toBeLessThan(input.indexOf('-A PREROUTING -p tcp -j ISTIO_INBOUND'))
  })

  it('leaves the rules of others alone', () => {
    expect(iptablesInput(CHAINS, SAVED)).not.toContain('FOREIGN')
    expect(iptablesInput([], SAVED)).not.toContain('FOREIGN')
  })

  it('without chains removes all of ours, and says nothing where there is none', () => {
    const input = iptablesInput([], SAVED)
    expect(input).toContain('-X ISTIO_INBOUND\n-X ISTIO_OLD')
    expect(input).not.toContain('-A ')
    expect(iptablesInput([], '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n')).toBe('')
  })
})
