import { expect, test } from 'vitest'
import { compareMatchers } from './route-agreement.ts'

/** `ROUTE_REQUESTS=1000000 npx vitest run --project unit route-agreement` asks a million, `ROUTE_SEED` other ones. */
const REQUESTS = Number(process.env['ROUTE_REQUESTS'] ?? 20_000)
const SEED = Number(process.env['ROUTE_SEED'] ?? 1)
const MS_PER_REQUEST = 5

test(
  `a naive matcher and the compiled tables agree on ${REQUESTS} random requests`,
  { timeout: 60_000 + REQUESTS * MS_PER_REQUEST },
  () => {
    const { requests, verdicts, disagreement } = compareMatchers(REQUESTS, SEED)
    expect(disagreement).toBeUndefined()
    expect(requests).toBe(REQUESTS)
    // None of the four outcomes is so rare that the property would say nothing about it.
    for (const count of Object.values(verdicts)) expect(count).toBeGreaterThan(REQUESTS / 100)
  },
)
