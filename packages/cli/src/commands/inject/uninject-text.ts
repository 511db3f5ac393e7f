import { isInjected, restorePod } from '@meshwork/pilot/inject'
import { type Change, type ChangedText, changeText } from './change-text.ts'
import { originalOf } from './original-mark.ts'
import type { WorkloadObject } from './workload-template.ts'

/**
 * Takes proxies out. What `meshctl inject` printed becomes what it had read, byte by byte; other injected objects (from a cluster, or
 * changed since) lose what their status names.
 */
export function uninjectText(text: string, source: string): ChangedText {
  return changeText(text, {
    source,
    change,
    known: document => {
      const original = originalOf(document)
      if (original === undefined) return undefined
      const { report } = changeText(document.body, { source, change, written: (_, yaml) => yaml })
      return { text: original, report }
    },
    written: (_, yaml) => yaml,
  })
}

function change({ kind, name, pod }: WorkloadObject): Change {
  const object = `${kind.toLowerCase()}/${name}`
  if (!isInjected(pod)) return { pod: undefined, report: { object, action: 'skipped', reason: 'it has no proxy', warnings: [] } }
  return { pod: restorePod(pod), report: { object, action: 'uninjected', reason: '', warnings: [] } }
}
