import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { LastGoodCopy } from '../last-good/index.ts'

/** The copy in `folder`, if a folder was named: an option of the configuration's client. */
export function lastGoodCopy(folder: string | null, node: string, clock: Clock, log: Logger): { readonly copy?: LastGoodCopy } {
  return folder === null ? {} : { copy: new LastGoodCopy({ folder, node, clock, log }) }
}
