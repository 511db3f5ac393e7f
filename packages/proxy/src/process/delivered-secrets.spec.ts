import { expect, test, vi } from 'vitest'
import { deliveredName } from '../decode/index.ts'
import { noSecrets } from '../tls/secrets.ts'
import { DeliveredSecrets } from './delivered-secrets.ts'

const NONE: ReadonlySet<string> = new Set()

test('secrets of the control plane and those of the agent stand side by side under one name', () => {
  const agent = { ...noSecrets, roots: (name: string) => `agent's ${name}` }
  const secrets = new DeliveredSecrets(agent)
  const changed = vi.fn<() => void>()
  const stop = secrets.onChange(changed)
  expect(secrets.roots(deliveredName('a'))).toBeNull()
  secrets.apply({ changed: new Map([['a', { kind: 'roots', pem: 'delivered' }]]), removed: NONE, refused: NONE })
  expect(changed).toHaveBeenCalledOnce()
  expect(secrets.roots('a')).toBe("agent's a")
  expect(secrets.roots(deliveredName('a'))).toBe('delivered')
  // Roots are no certificate, whatever the name.
  expect(secrets.certificate(deliveredName('a'))).toBeNull()
  secrets.apply({ changed: new Map(), removed: new Set(['a']), refused: NONE })
  expect(secrets.roots(deliveredName('a'))).toBe('delivered')
  stop()
})
