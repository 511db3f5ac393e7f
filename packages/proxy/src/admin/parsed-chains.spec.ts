import { createTestCa } from '@meshwork/testkit/ca'
import { expect, it } from 'vitest'
import { parsedChains } from './parsed-chains.ts'

it('reads a chain once, and what is none as nothing', async () => {
  const ca = await createTestCa()
  const { certificateChainPem } = await ca.issue('a.test')
  const chain = parsedChains.of(certificateChainPem)
  expect(chain).toHaveLength(1)
  expect(parsedChains.of(String(Buffer.from(certificateChainPem)))).toBe(chain)
  expect(parsedChains.of('nothing')).toEqual([])
})
