/**
 * Acceptance rows of the specification whose check a recorded scenario performs: scenario number to rows.
 * A row stands here only if the scenario does what the row's last column asks for; rows that need more have tests of their own.
 */
const PROVEN_ROWS: ReadonlyMap<string, readonly string[]> = new Map([
  ['001', ['traffic-10', 'traffic-13']],
  ['003', ['traffic-7', 'traffic-8', 'traffic-9', 'traffic-12']],
  ['007', ['traffic-11']],
  ['008', ['traffic-15']],
  ['011', ['traffic-14']],
  ['013', ['traffic-13']],
  ['015', ['traffic-3']],
  ['016', ['traffic-2']],
  ['018', ['traffic-55']],
  ['023', ['traffic-17']],
  ['026', ['traffic-19']],
  ['027', ['traffic-22']],
  ['028', ['traffic-23']],
  ['031', ['traffic-20', 'traffic-21']],
  ['036', ['traffic-37']],
  ['040', ['traffic-27']],
  ['042', ['traffic-24']],
  ['046', ['traffic-26']],
  ['052', ['traffic-32']],
  ['053', ['traffic-30']],
  ['054', ['traffic-29']],
  ['061', ['traffic-34', 'traffic-35', 'traffic-36']],
  ['063', ['traffic-57', 'traffic-58']],
  ['064', ['traffic-56']],
  ['066', ['traffic-59']],
  ['075', ['traffic-91']],
  ['080', ['traffic-97', 'traffic-101']],
  ['081', ['traffic-98']],
  ['085', ['traffic-61']],
  ['086', ['traffic-62']],
  ['087', ['traffic-62']],
  ['088', ['traffic-64']],
  ['089', ['traffic-64']],
  ['090', ['traffic-64']],
  ['093', ['traffic-69']],
  ['096', ['traffic-66']],
  ['097', ['traffic-67']],
  ['105', ['traffic-49']],
  ['107', ['traffic-50']],
  ['108', ['traffic-43']],
  ['109', ['traffic-39', 'traffic-41']],
  ['110', ['traffic-81']],
  ['117', ['traffic-86']],
  ['118', ['traffic-82', 'traffic-88']],
  ['120', ['traffic-84']],
  ['122', ['traffic-16']],
  ['124', ['traffic-87', 'traffic-92']],
  ['125', ['traffic-85']],
  ['129', ['traffic-72', 'security-35']],
  ['130', ['traffic-71', 'security-33']],
  ['131', ['security-42']],
  ['148', ['security-76']],
  ['153', ['security-51']],
  ['154', ['security-50']],
  ['164', ['traffic-38']],
])

/** The rows that a scenario proves; none for most. */
export function provenRows(scenarioId: string): readonly string[] {
  return PROVEN_ROWS.get(scenarioId.slice(0, NUMBER_LENGTH)) ?? []
}

/** Names of scenarios begin with their number. */
const NUMBER_LENGTH = 3
