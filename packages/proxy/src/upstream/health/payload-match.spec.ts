import { expect, it } from 'vitest'

import { holdsInOrder } from './payload-match.ts'

it.each([
  ['abc', [], true],
  ['xaxbx', ['a', 'b'], true],
  ['ba', ['a', 'b'], false],
  ['a', ['a', 'a'], false],
])('%s holds %j: %s', (text, parts, expected) => {
  expect(
    holdsInOrder(
      Buffer.from(text),
      parts.map(part => Buffer.from(part)),
    ),
  ).toBe(expected)
})
