import { analyze, type Finding } from '@meshwork/config/analysis'
import { fileLocator } from '@meshwork/config/file'
import { objectKeyText } from '@meshwork/config/kinds'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { Debouncer } from '../push/debouncer.ts'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'

export interface AdvisorOptions {
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
}

/** Advice waits until a change is through, and is never more frequent than people edit. */
const QUIET_MS = 1000
const LONGEST_MS = 10_000
/** Larger meshes are analysed only when somebody asks: it takes the one thread that serves proxies. */
const MOST_OBJECTS = 1000

/** Says what is accepted and will not work: the rules of `meshctl analyze`, in the log and on `/debug/analysis`. */
export class Advisor implements Runner {
  readonly name = 'advisor'
  private readonly log: Pick<Logger, 'warn'>
  private readonly debouncer: Debouncer
  private latest: MeshSnapshot | undefined
  private analysed: { readonly revision: number; readonly findings: readonly Finding[] } = { revision: -1, findings: [] }
  private told: ReadonlySet<string> = new Set()

  constructor({ clock, log }: AdvisorOptions) {
    this.log = log
    this.debouncer = new Debouncer({ clock, quietMs: QUIET_MS, maxMs: LONGEST_MS, run: () => this.tell() })
  }

  async start(): Promise<void> {}

  async close(): Promise<void> {
    this.debouncer.cancel()
  }

  changed(snapshot: MeshSnapshot): void {
    const before = this.latest
    this.latest = snapshot
    if (before === undefined || configRevision(before) !== configRevision(snapshot)) this.debouncer.request()
  }

  /** Findings about the configuration in force. Computed once per snapshot, when somebody looks. */
  findings(): readonly Finding[] {
    const snapshot = this.latest
    if (snapshot !== undefined && snapshot.revision !== this.analysed.revision) {
      const { revision, objects, clusterDomain } = snapshot
      const findings = analyze([...objects.values()], [], { clusterDomain, locate: fileLocator() })
      this.analysed = { revision, findings }
    }
    return this.analysed.findings
  }

  /** Each finding once for as long as it holds. */
  private tell(): void {
    if ((this.latest?.objects.size ?? 0) > MOST_OBJECTS) return
    const grave = this.findings().filter(({ severity }) => severity !== 'info')
    for (const finding of grave) {
      if (this.told.has(identityOf(finding))) continue
      const { code, key, path, file, line, message, remedy } = finding
      this.log.warn('configuration will not work as written', {
        code,
        object: key === undefined ? '' : objectKeyText(key),
        path,
        file,
        line,
        reason: message,
        remedy,
      })
    }
    this.told = new Set(grave.map(identityOf))
  }
}

/** Kinds that change with every pod: what is wrong with the configuration hardly depends on them. */
const PLACES: ReadonlySet<string> = new Set(['Endpoints', 'EndpointSlice', 'Pod'])

function configRevision({ revisions }: MeshSnapshot): number {
  return Math.max(0, ...[...revisions].flatMap(([kind, revision]) => (PLACES.has(kind) ? [] : [revision])))
}

function identityOf({ code, key, path, message }: Finding): string {
  return JSON.stringify([code, key, path, message])
}
