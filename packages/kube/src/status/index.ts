export { type Condition } from './conditions.ts'
export { type EventSubject, type ObjectEvent, ObjectEvents, type ObjectEventsOptions } from './object-events.ts'
export { conditionsOf, type ObjectRecord, ObjectRecords } from './object-records.ts'
export { StatusWriter, type StatusWriterOptions, type WantedStatus } from './status-writer.ts'
