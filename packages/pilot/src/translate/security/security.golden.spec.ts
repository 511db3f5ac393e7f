import { join } from 'node:path'
import { expectGolden } from '@meshwork/testkit/golden'
import { test } from 'vitest'
import { casesIn } from '../testdata/run-case.ts'
import { runSecurityCase } from './testdata/run-security-case.ts'

const folder = join(import.meta.dirname, 'testdata')

test.each(casesIn(folder))('%s', name => {
  expectGolden(join(folder, `${name}.out.yaml`), runSecurityCase(folder, name))
})
