import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

import { renderTemplate } from '../engine/index.ts'
import { parseYaml } from '../yaml/index.ts'

interface Recorded {
  readonly values: string
  readonly cases: readonly { readonly template: string; readonly output?: string; readonly fails?: boolean }[]
}

/** What Helm 3.19 answered; e2e/src/kube/helm-parity.spec.ts asks it again. */
const recorded: Recorded = JSON.parse(readFileSync(new URL('../testdata/helm-functions.json', import.meta.url), 'utf8'))

it.each(recorded.cases)('answers as Helm does: $template', ({ template, output, fails }) => {
  const data = { Values: parseYaml(recorded.values), Template: {} }
  const render = (): string => renderTemplate('case', template, data, { nil: 'no-value' })
  if (fails === true) expect(render).toThrow(/^case:\d+:\d+: /)
  else expect(render()).toBe(output)
})
