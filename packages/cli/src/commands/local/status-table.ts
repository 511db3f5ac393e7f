import type { ProcessStatus } from '../../local/state/mesh-state.ts'
import { renderTable } from '../../output/table.ts'
import type { Style } from '../../output/style.ts'

export interface StatusRow extends ProcessStatus {
  /** `SYNCED`, `STALE`, `REJECTED`, `NOT SENT`; empty for processes that get no configuration from pilot. */
  readonly sync: string
}

export function statusTable(rows: readonly StatusRow[], style: Style): string {
  return renderTable(
    ['NAME', 'STATE', 'PID', 'RESTARTS', 'PORTS', 'CONFIG', 'IDENTITY'],
    rows.map(row => [
      row.name,
      row.phase === 'running' ? style.good(row.phase) : style.warn(row.phase),
      row.process === null ? '' : String(row.process.pid),
      String(row.restarts),
      Object.entries(row.ports)
        .map(([name, port]) => `${name}:${port}`)
        .join(' '),
      row.sync,
      row.identity ?? '',
    ]),
  )
}
