export { objectStatuses, type ObjectStatus, withOthers } from './object-status.ts'
