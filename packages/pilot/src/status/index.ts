export { objectStatuses, type ObjectStatus } from './object-status.ts'
