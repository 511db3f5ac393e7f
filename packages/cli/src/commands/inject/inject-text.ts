import { MeshError } from '@meshwork/core/result'
import { injectPod, type Injector, STATUS_KEY } from '@meshwork/pilot/inject'
import { type Change, type ChangedText, changeText } from './change-text.ts'
import { originalOf, withMark } from './original-mark.ts'
import type { WorkloadObject } from './workload-template.ts'

export interface InjectTextOptions {
  /** What messages call the text. */
  readonly source: string
  /** Of objects that name none. */
  readonly namespace: string
  readonly injector: Injector
}

/** Gives every object that makes pods a proxy. What was injected before is injected anew. Throws INJECTION_REFUSED. */
export function injectText(text: string, { source, namespace, injector }: InjectTextOptions): ChangedText {
  return changeText(text, {
    source,
    change: (workload, line) => change(workload, `${source}:${line}`, namespace, injector),
    written: (document, yaml) => {
      const earlier = originalOf(document)
      if (earlier !== undefined) return withMark(earlier, yaml)
      // Somebody else injected it, or changed it since: there is nothing to go back to byte by byte.
      return document.body.includes(STATUS_KEY) ? yaml : withMark(document.separator + document.body, yaml)
    },
  })
}

function change({ apiVersion, kind, name, namespace, pod }: WorkloadObject, place: string, fallback: string, injector: Injector): Change {
  const object = `${kind.toLowerCase()}/${name}`
  const outcome = injectPod(pod, namespace || fallback, injector, { apiVersion, kind, name })
  switch (outcome.kind) {
    case 'refused':
      throw new MeshError('INJECTION_REFUSED', `${place}: ${object}: ${outcome.problems.join('; ')}`, {
        source: 'config',
        nextStep: 'correct what is named and run it again; nothing was printed',
      })
    case 'skipped':
      return { pod: undefined, report: { object, action: 'skipped', reason: outcome.reason, warnings: [] } }
    case 'injected':
      return { pod: outcome.pod, report: { object, action: 'injected', reason: outcome.reason, warnings: outcome.warnings } }
  }
}
