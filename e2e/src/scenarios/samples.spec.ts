import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { AcceptanceRig } from '@meshwork/testkit/acceptance'
import { envoyObstacle } from '@meshwork/testkit/mesh'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** What users of Istio have; beside the repository, not part of it. */
const SAMPLES = path.resolve(import.meta.dirname, '../../../../shared/samples')
const obstacle = existsSync(SAMPLES) ? envoyObstacle() : 'shared/samples is not beside the repository'

/** Objects that are refused by design: kinds before 1.0 with their successors named, and the Gateway API. */
const BY_DESIGN = /(?:is no longer read|of the Gateway API is not supported yet)$/

function files(): readonly string[] {
  if (!existsSync(SAMPLES)) return []
  return readdirSync(SAMPLES, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.yaml'))
    .toSorted()
}

describe.skipIf(obstacle !== null)(`samples of Istio's users${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let rig: AcceptanceRig

  beforeAll(async () => {
    rig = await AcceptanceRig.start()
  })

  afterAll(async () => {
    await rig?.[Symbol.asyncDispose]()
  })

  it.each(files())('%s is read, translated, and accepted by Envoy and by our proxy', async file => {
    const { rejections, refusals } = await rig.judge(readFileSync(path.join(SAMPLES, file), 'utf8'))
    expect(rejections.filter(reason => !BY_DESIGN.test(reason))).toEqual([])
    expect(refusals).toEqual([])
  })
})
